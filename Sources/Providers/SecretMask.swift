/// Hides what looks like an API key in a provider's message, which may quote the key it refused.
enum SecretMask {
    static let replacement = "[masked]"

    /// How the keys of well-known services begin.
    private static let prefixes = [
        "sk-", "sk_", "pk-", "pk_", "rk-", "rk_", "gsk_", "csk-", "xai-", "hf_", "ghp_", "nvapi-", "pplx-", "r8_", "akia", "aiza",
        "eyj",
    ]

    /// How identifiers begin that are worth keeping although they look like keys.
    private static let harmless = ["req_", "req-", "chatcmpl-", "cmpl-", "resp_", "org-", "proj_", "file-", "batch_", "call_", "msg_"]

    /// The text with every word that looks like a key replaced.
    static func masked(_ text: String) -> String {
        var result = ""
        var word = ""
        var followsBearer = false
        func flush() {
            guard !word.isEmpty else { return }
            result += isSecret(word) || followsBearer ? replacement : word
            followsBearer = word.lowercased() == "bearer"
            word = ""
        }
        for scalar in text.unicodeScalars {
            if isPart(scalar) {
                word.unicodeScalars.append(scalar)
            } else {
                flush()
                if scalar != " " { followsBearer = false }
                result.unicodeScalars.append(scalar)
            }
        }
        flush()
        return result
    }

    private static func isPart(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar {
        case "a"..."z", "A"..."Z", "0"..."9", "-", "_", "*", ".": true
        default: false
        }
    }

    private static func isSecret(_ word: String) -> Bool {
        let lower = word.lowercased()
        if harmless.contains(where: lower.hasPrefix) { return false }
        if word.utf8.count >= 8 && prefixes.contains(where: lower.hasPrefix) { return true }
        return word.split { $0 == "-" || $0 == "_" || $0 == "*" || $0 == "." }.contains(where: isRandom)
    }

    /// A long run of letters and digits with both among them, which no word or model name has.
    private static func isRandom(_ run: Substring) -> Bool {
        run.utf8.count >= 24 && run.contains(where: \.isNumber) && run.contains(where: \.isLetter)
    }
}
