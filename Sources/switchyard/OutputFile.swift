import ArgumentParser
import Foundation

/// A file that a command is to write, looked at before any work is done.
enum OutputFile {
    /// - Throws: `ValidationError` if the file cannot be written, or would take the place of something.
    static func check(_ path: String, mayReplace: Bool, isResumed: Bool, input: String? = nil) throws {
        let manager = FileManager.default
        let url = URL(fileURLWithPath: path)
        if let input, URL(fileURLWithPath: input).resolvingSymlinksInPath() == url.resolvingSymlinksInPath() {
            throw ValidationError("\(path) is the submitted file; give the answers a file of their own")
        }
        var isDirectory: ObjCBool = false
        if manager.fileExists(atPath: path, isDirectory: &isDirectory) {
            guard !isDirectory.boolValue else { throw ValidationError("\(path) is a folder; name a file") }
            guard mayReplace || isResumed else {
                throw ValidationError("\(path) exists already; --force replaces it, or name another file")
            }
        }
        let folder = url.deletingLastPathComponent().path
        guard manager.isWritableFile(atPath: folder) else {
            throw ValidationError("cannot write \(path): \(folder) is not there or not writable")
        }
    }
}
