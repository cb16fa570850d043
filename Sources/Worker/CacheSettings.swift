internal import Cache
internal import Configuration
internal import Coordination
internal import Envelope
internal import Kafka
internal import Providers
internal import Routing

/// The response cache, as a worker's loops need it.
struct CacheSettings: Sendable {
    let plan: CachePlan
    /// The worker's, for all its loops.
    let keys = DataKeys()
    /// Nil if nothing of it lies in Redis.
    let secrets: MasterSecrets?
    let rotationDays: Int
    /// What embeds questions, and the cosine from which on two are taken for the same; nil without a semantic cache.
    let semantic: (deployment: Deployment, similarity: Double)?
    private let compressAbove: Int
    private let compressionLevel: Int

    /// Nil if answers are not used again.
    ///
    /// - Throws: `ConfigurationError` if the secrets cannot be used; `SemanticModelError`.
    init?(_ configuration: Configuration, models: ModelTable, loops: Int) throws {
        let cache = configuration.cache
        guard cache.mode != .off else { return nil }
        plan = CachePlan(
            group: configuration.kafka.consumerProperties["group.id"] ?? "", isForAll: cache.mode == .all, timeToLive: cache.timeToLive,
            isSharedByTenants: cache.isSharedByTenants, memoryBytes: cache.memoryMaxBytes / loops, redisBytes: cache.redisMaxBytes,
            providersWithUsualSampling: Set(configuration.providers.filter { $0.value.samplesAtOne }.keys))
        secrets = try configuration.encryption.masterSecrets()
        if let model = cache.semanticModel {
            do throws(EnvelopeError) {
                semantic = (try models.deployment(for: model), cache.similarity)
            } catch {
                throw SemanticModelError(message: error.message)
            }
        } else {
            semantic = nil
        }
        rotationDays = configuration.encryption.rotationDays
        compressAbove = cache.compressAbove
        compressionLevel = cache.compressionLevel
    }

    /// One loop's.
    var codec: ValueCodec { ValueCodec(keys: keys, compressAbove: compressAbove, level: compressionLevel) }
}

extension ProviderConfiguration {
    /// Whether a missing `temperature` or `top_p` means 1 there, as OpenAI's and Anthropic's references say. Others that speak as they do
    /// have defaults of their own.
    fileprivate var samplesAtOne: Bool {
        ["openai", "anthropic"].contains(format.name) && baseURL == format.defaultBaseURL
    }
}

/// That `cache.semantic.model` names no model.
struct SemanticModelError: Error, CustomStringConvertible {
    let message: String
    var description: String { "cache.semantic.model: \(message)" }
}
