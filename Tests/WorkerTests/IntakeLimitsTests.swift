import Testing

@testable import Worker

@Suite struct IntakeLimitsTests {
    private func load(_ sizes: Int...) -> IntakeLoad {
        var load = IntakeLoad()
        for size in sizes { load.add(bytes: size) }
        return load
    }

    @Test func aShardHasItsShareAndSomeToChooseFrom() {
        let limits = IntakeLimits(maxInFlight: 1_000, maxInFlightBytes: 10_000, shards: 3)
        #expect(limits.running == 334)
        #expect(limits.waiting == 334)
        #expect(limits.bytes == 3_333)
        #expect(IntakeLimits(maxInFlight: 1, maxInFlightBytes: 1, shards: 4).waiting == 100)
        #expect(IntakeLimits(maxInFlight: 100_000, maxInFlightBytes: 1, shards: 1).waiting == 1_000)
    }

    @Test func thereIsRoomUntilTheRequestsOrTheBytesAreReached() {
        let limits = IntakeLimits(maxInFlight: 2, maxInFlightBytes: 100, shards: 1)
        #expect(limits.room(beside: load()) == 102)
        #expect(limits.room(beside: load(40, 40)) == 100)
        // One that is larger than the limit gets in, and nothing beside it.
        #expect(limits.room(beside: load(500)) == 0)
    }

    @Test func noPartitionTakesAllThereIs() {
        let limits = IntakeLimits(maxInFlight: 1_000, maxInFlightBytes: 1_000, shards: 1, partitionRequests: 10, partitionBytes: 50)
        #expect(limits.room(inPartitionWith: load(1, 1, 1), waiting: 0, partitions: 4) == 7)
        #expect(limits.room(inPartitionWith: load(50), waiting: 0, partitions: 4) == 0)
        let free = IntakeLimits(maxInFlight: 1_000, maxInFlightBytes: 1_000, shards: 1)
        #expect(free.room(inPartitionWith: load(1), waiting: 480, partitions: 4) == 20)
        #expect(free.room(inPartitionWith: load(1), waiting: 600, partitions: 4) == 0)
        #expect(free.room(inPartitionWith: load(1), waiting: 600, partitions: 1) == 1_400)
    }
}
