/// The version of Switchyard, as `--version` and the fleet tell it.
package enum ProductVersion {
    package static let current = "0.1.0"
}
