// swift-tools-version: 6.1
import PackageDescription

let settings: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
]

func room(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .target(name: name, dependencies: dependencies, exclude: [], swiftSettings: settings)
}

func tests(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .testTarget(name: name, dependencies: dependencies, swiftSettings: settings)
}

let package = Package(
    name: "switchyard",
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    ],
    targets: [
        .systemLibrary(name: "CLinux"),
        .systemLibrary(name: "CRdKafka", pkgConfig: "rdkafka", providers: [.apt(["librdkafka-dev"])]),
        .systemLibrary(name: "CCurl", pkgConfig: "libcurl", providers: [.apt(["libcurl4-openssl-dev"])]),
        .systemLibrary(name: "CHiredis", pkgConfig: "hiredis", providers: [.apt(["libhiredis-dev"])]),
        .systemLibrary(name: "COpenSSL", pkgConfig: "openssl", providers: [.apt(["libssl-dev"])]),
        .systemLibrary(name: "CZstd", pkgConfig: "libzstd", providers: [.apt(["libzstd-dev"])]),
        room("EventLoop", ["CLinux", .product(name: "HeapModule", package: "swift-collections")]),
        room("Kafka", ["EventLoop", "CRdKafka", .product(name: "Logging", package: "swift-log")]),
        room("Envelope"),
        room("JSONSchema", ["Envelope"]),
        room("Security", ["COpenSSL"]),
        room("Compression", ["CZstd"]),
        room("Bulk", ["Kafka", "Envelope", "Security", .product(name: "Logging", package: "swift-log")]),
        room("HTTP", ["EventLoop", "CCurl"]),
        room("Redis", ["EventLoop", "CHiredis", "COpenSSL"]),
        room("Providers", ["Envelope"]),
        room(
            "Coordination",
            [
                "Envelope", "EventLoop", "Redis", "Security", .product(name: "DequeModule", package: "swift-collections"),
                .product(name: "Logging", package: "swift-log"),
            ]),
        room(
            "Cache",
            [
                "Compression", "Coordination", "Envelope", "EventLoop", "Redis", "Security",
                .product(name: "DequeModule", package: "swift-collections"), .product(name: "Logging", package: "swift-log"),
            ]),
        room(
            "Limits",
            [
                "EventLoop", "Redis", .product(name: "DequeModule", package: "swift-collections"),
                .product(name: "Logging", package: "swift-log"),
            ]),
        room("Routing", ["Limits", "Providers", "HTTP", "Envelope", "EventLoop", "JSONSchema"]),
        room(
            "BatchLane",
            ["Providers", "Routing", "HTTP", "Redis", "Envelope", "EventLoop", .product(name: "Logging", package: "swift-log")]),
        room("Configuration", ["Coordination", "Limits", "Kafka", "Redis", "HTTP", "Providers", .product(name: "Yams", package: "Yams")]),
        room(
            "Worker",
            [
                "BatchLane", "Cache", "Configuration", "Coordination", "Envelope", "EventLoop", "HTTP", "Kafka", "Limits", "Providers",
                "Redis", "Routing", "Security",
                .product(name: "DequeModule", package: "swift-collections"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ]),
        room(
            "Simulator",
            [
                "Envelope", .product(name: "NIOCore", package: "swift-nio"), .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
            ]),
        .executableTarget(
            name: "switchyard",
            dependencies: [
                "Bulk", "Configuration", "Coordination", "Envelope", "EventLoop", "Kafka", "Redis", "Simulator", "Worker",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
            ],
            swiftSettings: settings),
        .target(
            name: "TestSupport", dependencies: [.product(name: "Logging", package: "swift-log")], path: "Tests/Support",
            swiftSettings: settings),
        .systemLibrary(name: "CLibFuzzer", path: "Tests/CLibFuzzer"),
        .executableTarget(
            name: "fuzz", dependencies: ["Envelope", "HTTP", "JSONSchema", "Providers", "CLibFuzzer", "TestSupport"], path: "Tests/Fuzz",
            exclude: ["Corpus", "fuzz.py", "record.py"], swiftSettings: settings),
        tests("EventLoopTests", ["EventLoop", "CLinux", "TestSupport"]),
        tests("EnvelopeTests", ["Envelope", "TestSupport"]),
        .testTarget(
            name: "JSONSchemaTests", dependencies: ["JSONSchema", "Envelope", "TestSupport"], exclude: ["Suite"], swiftSettings: settings),
        tests("HTTPTests", ["HTTP", "EventLoop", "CCurl", "TestSupport"]),
        tests("RedisTests", ["Redis", "EventLoop", "TestSupport"]),
        tests("ProvidersTests", ["Providers", "Envelope"]),
        tests(
            "CoordinationTests",
            [
                "Coordination", "Envelope", "EventLoop", "Redis", "Security", "TestSupport",
                .product(name: "Logging", package: "swift-log"),
            ]),
        tests("CompressionTests", ["Compression", "TestSupport"]),
        tests(
            "CacheTests",
            [
                "Cache", "Coordination", "Envelope", "EventLoop", "Redis", "Security", "TestSupport",
                .product(name: "Logging", package: "swift-log"),
            ]),
        tests("RoutingTests", ["Routing", "Providers", "HTTP", "Envelope", "EventLoop", "TestSupport"]),
        tests(
            "ConfigurationTests",
            [
                "Configuration", "Kafka", "Redis", "HTTP", "Providers", "CRdKafka", "TestSupport",
                .product(name: "Logging", package: "swift-log"), .product(name: "Yams", package: "Yams"),
            ]),
        tests("SimulatorTests", ["Simulator", "Envelope", "TestSupport"]),
        tests(
            "SystemTests", ["switchyard", "Envelope", "Kafka", "EventLoop", "TestSupport", .product(name: "Logging", package: "swift-log")]),
        tests("WorkerTests", ["Worker", "Configuration", "Envelope", "EventLoop", "Limits", "TestSupport"]),
        tests(
            "BatchLaneTests",
            [
                "BatchLane", "Providers", "Routing", "HTTP", "Redis", "Envelope", "EventLoop", "TestSupport",
                .product(name: "Logging", package: "swift-log"),
            ]),
        tests("LimitsTests", ["Limits", "Redis", "EventLoop", "TestSupport", .product(name: "Logging", package: "swift-log")]),
        tests("SecurityTests", ["Security", "TestSupport"]),
        tests("BulkTests", ["Bulk", "Envelope", "Kafka", "TestSupport"]),
        tests("KafkaTests", ["Kafka", "EventLoop", "CRdKafka", "TestSupport", .product(name: "Logging", package: "swift-log")]),
    ],
    swiftLanguageModes: [.v6]
)
