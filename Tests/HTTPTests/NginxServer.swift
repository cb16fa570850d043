import TestSupport

/// An nginx of one test, in the foreground and in a folder of its own.
final class NginxServer: Sendable {
    let directory: TemporaryDirectory
    let port: Int
    let tlsPort: Int
    private let process: ChildProcess

    /// - Parameters:
    ///   - locations: what the server block holds beside the listeners.
    ///   - server: directives for all servers.
    init(_ locations: String) async throws {
        let directory = try TemporaryDirectory()
        let port = try FreePort.find()
        let tlsPort = try FreePort.find()
        try ChildProcess.run(
            "openssl",
            [
                "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj",
                "/CN=localhost",
                "-addext", "subjectAltName=DNS:localhost", "-keyout", "\(directory.path)/key.pem", "-out",
                "\(directory.path)/certificate.pem",
            ])
        try directory.write(
            """
            daemon off; master_process off; worker_processes 1; pid nginx.pid; error_log error.log;
            events { worker_connections 4096; }
            http {
                access_log off; keepalive_requests 1000000; keepalive_timeout 60s; http2_max_requests 1000000;
                client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi; uwsgi_temp_path uwsgi; scgi_temp_path scgi;
                server {
                    listen 127.0.0.1:\(port) backlog=4096; listen 127.0.0.1:\(tlsPort) ssl http2 backlog=4096;
                    ssl_certificate certificate.pem; ssl_certificate_key key.pem; root \(directory.path); default_type application/json;
                    \(locations)
                }
            }
            """, to: "nginx.conf")
        process = try ChildProcess("nginx", ["-p", directory.path, "-c", "nginx.conf", "-e", "\(directory.path)/error.log"])
        self.directory = directory
        self.port = port
        self.tlsPort = tlsPort
        try await process.waitUntilReady { FreePort.isListening(port) && FreePort.isListening(tlsPort) }
    }

    var url: String { "http://127.0.0.1:\(port)" }
    var tlsURL: String { "https://localhost:\(tlsPort)" }
    var certificate: String { "\(directory.path)/certificate.pem" }
}
