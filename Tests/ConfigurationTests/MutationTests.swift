import Configuration
import Foundation
import TestSupport
import Testing

/// Files with random damage: each is loaded or refused with a place, and never shows a secret or ends the process.
@Suite struct MutationTests {
    private static let yaml = """
        kafka: {bootstrap.servers: a:1, consumer: {group.id: g}, producer: {linger.ms: 5}, sasl.password: env:K}
        topics:
          requests: [a, b]
          events: ""
        worker: {loops: 2, max_in_flight_bytes: 1MiB}
        redis: {url: "redis://h", password: env:K}
        providers:
          local: {base_url: "http://h:1/v1", api_key: env:K, headers: {X-A: b}}
        models:
          m: {provider: local, model: m, price: {input: 0.15, output: 1}}
        default_provider: local
        """

    @Test func damageIsToldOrHarmless() {
        var random = SeededGenerator.forTest("damageIsToldOrHarmless")
        for _ in 0..<300 {
            var text = Array(Self.yaml.utf8)
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                let place = Int.random(in: 0..<text.count, using: &random)
                switch Int.random(in: 0..<3, using: &random) {
                case 0: text.remove(at: place)
                case 1: text.insert(Array("{}[]:,#&*!|>'\" \n\t-a0%@\\".utf8).randomElement(using: &random) ?? 0, at: place)
                default:
                    let end = min(text.count, place + Int.random(in: 1...20, using: &random))
                    text.insert(contentsOf: text[place..<end], at: Int.random(in: 0..<text.count, using: &random))
                }
            }
            let yaml = String(decoding: text, as: UTF8.self)
            do {
                let loaded = try load(yaml, environment: ["K": "s3cret"])
                #expect(!loaded.effectiveYAML().contains("s3cret"), "\(yaml)")
            } catch {
                #expect(!error.messages.isEmpty && !error.description.contains("s3cret"), "\(yaml)")
                #expect(error.messages.allSatisfy { $0.contains("/c.yaml:") }, "\(error)\n\(yaml)")
            }
        }
    }
}

/// https://prng.di.unimi.it/splitmix64.c
