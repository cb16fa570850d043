/// Finds what a URL should not hold when it is shown.
enum URLCredentials {
    /// Whether there is a user or password before the host.
    static func areIn(_ url: String) -> Bool {
        afterScheme(url).prefix { !"/?#".contains($0) }.contains("@")
    }

    /// Whether there is a password, even one with characters that should have been encoded.
    static func havePassword(_ url: String) -> Bool {
        let rest = afterScheme(url)
        return rest.lastIndex(of: "@").map { rest[..<$0].contains(":") } ?? false
    }

    private static func afterScheme(_ url: String) -> Substring {
        url.split(separator: "://", maxSplits: 1).last ?? ""
    }
}
