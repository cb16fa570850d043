/// Makes a configuration of a file, the environment and flags, of which the later ones win.
package enum ConfigurationLoader {
    /// - Parameters:
    ///   - file: a YAML file; nil for none.
    ///   - environment: where `SWITCHYARD_…` variables and the secrets that are referred to by `env:NAME` are looked for.
    ///   - overrides: flags, each as in `worker.loops=4`.
    /// - Throws: all that is wrong, each with its place. A provider's secret that cannot be read is left to
    ///   ``Configuration/checkForWorker()``, for most commands call no provider.
    package static func load(
        file: String?, environment: [String: String], overrides: [String]
    ) throws(ConfigurationError) -> LoadedConfiguration {
        var reader = SettingsReader(environment: environment)
        if let file { try ConfigurationFile(path: file).read(into: &reader) }
        EnvironmentSource.read(environment, into: &reader)
        OverrideSource.read(overrides, into: &reader)
        try reader.problems.throwIfAny()
        var settings = reader.settings
        settings.addDerivedDefaults()
        return LoadedConfiguration(configuration: try Configuration(settings), settings: settings)
    }
}
