internal import EventLoop
package import Logging
package import Redis

/// Finds the answer to a request that means nearly the same as another: the nearest of the embedded questions, by the vector search of
/// Redis 8, Redis Stack (RediSearch) or Valkey (valkey-search). Confined to its Redis client's loop.
///
/// Questions lie in Redis as hashes: the vector, the scope within which two may be taken for the same, and the answer's digest. There is an
/// index for each number of dimensions, made with the first question that is kept.
package final class SemanticIndex {
    private let redis: RedisClient
    private let prefix: String
    private let greatestDistance: Double
    private let logger: Logger
    private var indexed: Set<Int> = []
    private var isDegraded = false

    /// - Parameters:
    ///   - group: the consumer group, whose workers share the cache.
    ///   - similarity: the cosine, 0 to 1, from which on two questions are taken for the same.
    package init(redis: RedisClient, group: String, similarity: Double, logger: Logger) {
        self.redis = redis
        prefix = "sy:{cache:\(group)}:"
        greatestDistance = 1 - similarity
        self.logger = logger
    }

    /// Makes sure that the server has vector search.
    ///
    /// - Throws: `SemanticIndexError` if it has none; `RedisError` if that cannot be told now.
    package func check(isolation: isolated (any Actor)? = #isolation) async throws {
        do {
            _ = try await redis.execute("FT._LIST")
        } catch {
            guard case .server = error.code else { throw error }
            throw SemanticIndexError(reason: error.message)
        }
    }

    /// The key of the answer to the question that is nearest in a scope, if it is near enough.
    package func nearest(_ vector: [Float], scope: String, isolation: isolated (any Actor)? = #isolation) async -> CacheKey? {
        let query = "(@scope:{\(scope)})=>[KNN 1 @vector $vector AS distance]"
        do {
            let reply = try await redis.execute(
                "FT.SEARCH", .string(index(vector.count)), .string(query), "PARAMS", 2, "vector", .bytes(Self.bytes(of: vector)), "RETURN",
                2,
                "distance", "answer", "LIMIT", 0, 1, "DIALECT", 2)
            isDegraded = false
            guard let fields = reply.array?.last?.array?.compactMap(\.string) else { return nil }
            let pairs = stride(from: 0, to: fields.count - 1, by: 2).map { (fields[$0], fields[$0 + 1]) }
            let values = Dictionary(pairs) { first, _ in first }
            guard let distance = values["distance"].flatMap(Double.init), distance <= greatestDistance, let answer = values["answer"] else {
                return nil
            }
            return CacheKey(digest: answer)
        } catch {
            // Before the first question, and after Redis has lost its data, there is no index.
            if case .server = error.code, error.message.lowercased().contains("index") {
                indexed.remove(vector.count)
                return nil
            }
            noteDegraded(error)
            return nil
        }
    }

    /// Keeps a question, for as long as its answer.
    package func add(_ vector: [Float], scope: String, answer: CacheKey, seconds: Int) {
        if indexed.insert(vector.count).inserted {
            redis.execute([
                "FT.CREATE", .string(index(vector.count)), "ON", "HASH", "PREFIX", 1, .string(place(vector.count)), "SCHEMA", "scope",
                "TAG",
                "vector", "VECTOR", "HNSW", 6, "TYPE", "FLOAT32", "DIM", .integer(vector.count), "DISTANCE_METRIC", "COSINE",
            ]) { [self] result in
                guard case .failure(let error) = result, !error.message.contains("already exists") else { return }
                indexed.remove(vector.count)
                noteDegraded(error)
            }
        }
        let name = RedisArgument.string("\(place(vector.count))\(answer.digest)")
        redis.post("HSET", name, "scope", .string(scope), "vector", .bytes(Self.bytes(of: vector)), "answer", .string(answer.digest))
        redis.post("EXPIRE", name, .integer(seconds))
    }

    private func index(_ dimensions: Int) -> String { "\(prefix)questions:\(dimensions)" }

    private func place(_ dimensions: Int) -> String { "\(prefix)q:\(dimensions):" }

    /// Little-endian, as on all machines that there are.
    private static func bytes(of vector: [Float]) -> [UInt8] { vector.withUnsafeBytes { Array($0) } }

    private func noteDegraded(_ error: RedisError) {
        guard error.code != .cancelled, error.code != .closed, !isDegraded else { return }
        isDegraded = true
        logger.warning("\(error); until it answers, only requests that are the same are answered from the cache")
    }
}

/// That Redis has no vector search.
package struct SemanticIndexError: Error, CustomStringConvertible, Equatable {
    let reason: String

    package var description: String {
        "cache.semantic.model: \(reason); the semantic cache needs vector search (FT.SEARCH), which Redis 8, Redis Stack and Valkey with valkey-search have: use one of these, or leave cache.semantic out"
    }
}
