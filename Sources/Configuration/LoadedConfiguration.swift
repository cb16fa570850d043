/// A configuration, and where its values came from.
package struct LoadedConfiguration: Sendable {
    package let configuration: Configuration
    private let settings: Settings

    init(configuration: Configuration, settings: Settings) {
        self.configuration = configuration
        self.settings = settings
    }

    /// Every key in effect as YAML, secrets masked, with a comment on each value that is not left to its default: where it came from.
    package func effectiveYAML() -> String {
        var listing = YAMLListing()
        for setting in settings.inEffect { listing.add(setting.path, setting.value, comment: setting.origin.source) }
        return listing.text
    }
}
