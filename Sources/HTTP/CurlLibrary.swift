internal import CCurl

/// libcurl's process-wide state.
enum CurlLibrary {
    private static let initialised: Bool = curl_global_init(Int(CURL_GLOBAL_DEFAULT)) == CURLE_OK

    static func initialise() {
        precondition(initialised, "libcurl could not be initialised")
    }
}
