import Testing
import Yams

@testable import Configuration

/// The example file is the reference of all keys.
@Suite struct ExampleTests {
    private var path: String { Self.path(of: "deploy/switchyard.example.yaml") }

    private static func path(of file: String) -> String {
        #filePath.split(separator: "Tests/ConfigurationTests").first.map { $0 + file } ?? file
    }

    @Test func theExampleIsValid() throws {
        let environment = ["OPENAI_API_KEY": "k", "ANTHROPIC_API_KEY": "a", "ANTHROPIC_API_KEY_2": "b"]
        let configuration = try ConfigurationLoader.load(file: path, environment: environment, overrides: []).configuration
        try configuration.checkForWorker()
        #expect(configuration.providers.keys.sorted() == ["anthropic", "local", "openai"])
        #expect(configuration.models.keys.sorted() == ["careful", "default", "small"])
    }

    @Test func theDemosConfigurationIsValidWithItsVariables() throws {
        let environment = [
            "SWITCHYARD_KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1", "SWITCHYARD_REDIS_URL": "redis://127.0.0.1:2/0",
            "SWITCHYARD_PROVIDERS_SIMULATOR_BASE_URL": "http://h/v1", "SWITCHYARD_PROVIDERS_SIMULATOR_API_KEY": "env:OPENAI_API_KEY",
            "SWITCHYARD_MODELS_DEFAULT_MODEL": "gpt", "OPENAI_API_KEY": "k",
        ]
        let configuration = try ConfigurationLoader.load(
            file: Self.path(of: "deploy/demo/switchyard.yaml"), environment: environment, overrides: []
        ).configuration
        try configuration.checkForWorker()
        #expect(configuration.providers["simulator"]?.baseURL == "http://h/v1")
        #expect(configuration.models["default"]?.model == "gpt")
    }

    @Test(arguments: Schema.keys.map(\.path.description))
    func everyKeyOccurs(_ key: String) throws {
        let root = try #require(try compose(yaml: FileText.read(path)))
        let paths = Self.leaves(of: root, SettingPath([]))
        #expect(paths.contains { path in Schema.keys.contains { $0.path.description == key && $0.matches(path) } })
    }

    @Test func everyValueIsTheDefault() throws {
        var reader = SettingsReader(environment: [:])
        try ConfigurationFile(path: path).read(into: &reader)
        let defaults = Settings()
        for setting in reader.settings.inEffect where !["providers", "models", "tenants"].contains(setting.path.components[0]) {
            guard let initial = defaults.setting(setting.path) else {
                // There is no default for a free key, of which the example shows what the client has anyway, nor for a secret.
                if case .secret = setting.value { continue }
                if case .secrets = setting.value { continue }
                #expect(setting.path == SettingPath(["kafka", "producer", "compression.type"]))
                continue
            }
            #expect("\(setting.value)" == "\(initial.value)", "\(setting.path)")
        }
    }

    private static func leaves(of node: Node, _ path: SettingPath) -> [SettingPath] {
        guard case .mapping(let mapping) = node else { return [path] }
        return mapping.flatMap { key, value in leaves(of: value, path.appending(key.string ?? "")) }
    }
}
