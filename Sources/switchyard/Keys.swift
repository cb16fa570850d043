import ArgumentParser
import Configuration
import Coordination
import Foundation
import Kafka
import Redis

struct Keys: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "List and replace the keys that protect what the cache has in Redis.",
        discussion: """
            Answers are sealed with data keys, which lie in Redis under encryption.key. Workers make a new one every \
            encryption.rotation_days; what was sealed with older ones can still be read.

            EXAMPLES
              switchyard keys list --config switchyard.yaml
              switchyard keys rotate --config switchyard.yaml
            """,
        subcommands: [KeysList.self, KeysRotate.self])
}

struct KeysList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "List the data keys, the newest first.")

    @OptionGroup var kafka: KafkaOptions

    func run() async throws {
        let place = try KeyPlace(kafka.load())
        let keys = try await DataKeyDesk.list(secrets: place.secrets, redis: place.redis, group: place.group)
        guard !keys.isEmpty else { return Console.note("the group \(place.group) has no data key yet") }
        Console.say("KEY       CREATED               STATE")
        for key in keys {
            let created = Date(timeIntervalSince1970: Double(key.created) / 1_000).ISO8601Format()
            Console.say("\(key.id)  \(created)  \(key.standing.words)\(key.isUnderPreviousSecret ? ", under a previous key" : "")")
        }
    }
}

struct KeysRotate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rotate",
        abstract: "Make a new data key, and wrap the others under the current encryption.key.",
        discussion: """
            To replace encryption.key itself: move the old one to encryption.previous_keys, set the new one, restart the workers, run this, \
            and remove the old one again.
            """)

    @OptionGroup var kafka: KafkaOptions

    func run() async throws {
        let place = try KeyPlace(kafka.load())
        guard let key = try await DataKeyDesk.rotate(secrets: place.secrets, redis: place.redis, group: place.group) else {
            return Console.note("a worker, or somebody else, has made a new key just now")
        }
        Console.say("made the data key \(key); workers use it within a minute")
    }
}

/// Where the data keys are, and what they are under.
private struct KeyPlace {
    let secrets: MasterSecrets
    let redis: RedisConfiguration
    let group: String

    init(_ configuration: Configuration) throws {
        guard let redis = configuration.redis.client else { throw KeysError("redis.url: there is none, and data keys lie in Redis") }
        guard let secrets = try configuration.encryption.masterSecrets() else {
            throw KeysError("encryption.key: there is none, and data keys are kept under it; set it, such as env:CACHE_ENCRYPTION_KEY")
        }
        self.redis = redis
        self.secrets = secrets
        group = configuration.kafka.consumerProperties["group.id"] ?? "switchyard"
    }
}

private struct KeysError: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) {
        self.description = description
    }
}

extension DataKeyListing.Standing {
    fileprivate var words: String {
        switch self {
        case .inUse: "in use"
        case .older: "older"
        case .unreadable: "unreadable: under a key that is not configured, or damaged"
        }
    }
}
