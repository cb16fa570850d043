import TestSupport
import Testing

@testable import Kafka

@Suite(.timeLimit(.minutes(2))) struct TransactionTests {
    @Test func messagesAndOffsetsWithTheirMetadataAreOneTransaction() async throws {
        try await TransactionStage.with(joins: true) { stage in
            let producer = try stage.producer()
            let offsets = stage.offsets(7, completed: 9...12)
            stage.expectCommitted(
                await producer.run([stage.message("one"), stage.message("two")], offsets: offsets, member: stage.member))
            let requests = try stage.transactionRequests()
            #expect(
                requests.map(\.name) == ["InitProducerId", "AddPartitionsToTxn", "Produce", "AddOffsetsToTxn", "TxnOffsetCommit", "EndTxn"])
            #expect(requests.compactMap(\.error).allSatisfy { $0 == 0 })
            let commit = try #require(requests.first { $0.name == "TxnOffsetCommit" })
            let metadata = try #require(offsets[0].metadata)
            #expect(commit.offsets == [.init(topic: "requests", partition: 0, offset: 7, metadata: metadata)])
            #expect(CompletedOffsets(decoding: metadata, from: 7)?.count == 4)
            #expect(commit.group == "workers")
            #expect(requests.last?.commit == true)

            stage.expectCommitted(await producer.run([], offsets: stage.offsets(8), member: stage.member))
            stage.expectCommitted(await producer.run([stage.message("three")], offsets: [], member: stage.member))
            stage.expectCommitted(await producer.run([], offsets: [], member: stage.member))
            #expect(
                try stage.transactionRequests().dropFirst(requests.count).map(\.name) == [
                    "AddOffsetsToTxn", "TxnOffsetCommit", "EndTxn", "AddPartitionsToTxn", "Produce", "EndTxn",
                ])
        }
    }

    @Test func headersKeysAndEmptyValuesArriveAsTheyAre() async throws {
        try await TransactionStage.with(joins: false) { stage in
            let producer = try stage.producer()
            let messages = [
                TransactionMessage(topic: "responses", key: [1, 2], value: [], headers: [("a", [3]), ("b", []), ("c", nil)]),
                TransactionMessage(topic: "responses", key: nil, value: nil),
            ]
            stage.expectCommitted(await producer.run(messages, offsets: [], member: stage.member))
            let read = try stage.read("responses")
            try #require(read.count == 2)
            #expect(read[0].key.map(Array.init) == [1, 2])
            #expect(read[0].value?.count == 0)
            #expect(read[0].headers.map(\.name) == ["a", "b", "c"])
            #expect(read[0].header("a").map(Array.init) == [3])
            #expect(read[1].key == nil)
            #expect(read[1].value == nil)
        }
    }

    @Test func manyTransactionsFollowEachOther() async throws {
        try await TransactionStage.with(joins: true) { stage in
            let producer = try stage.producer()
            for number in 0..<100 {
                let messages = [stage.message("\(2 * number)"), stage.message("\(2 * number + 1)")]
                stage.expectCommitted(await producer.run(messages, offsets: stage.offsets(Int64(number)), member: stage.member))
            }
            let values = try stage.read("responses").map { String(decoding: try #require($0.value), as: UTF8.self) }
            #expect(values == (0..<200).map(String.init))
            #expect(try stage.requests().compactMap(\.offsets).map { $0.map(\.offset) } == (0..<100).map { [$0] })
        }
    }

    @Test func aMemberInNoGenerationCommitsNothing() async throws {
        try await TransactionStage.with(joins: true) { stage in
            let producer = try stage.producer()
            stage.expectCommitted(await producer.run([stage.message("x")], offsets: stage.offsets(1), member: stage.member))
            let count = try stage.transactionRequests().count
            stage.broker.inject(.unknownMemberID, into: .heartbeat, count: 1)
            try await Condition.wait(for: "the loss of the partitions") { await stage.lane.assigned.isEmpty }
            // It joins again, which takes the mock cluster some seconds.
            stage.expectFenced(await producer.run([stage.message("x")], offsets: stage.offsets(1), member: stage.member), .notMember)
            try await Condition.wait(for: "the assignment") { await stage.lane.assigned.isEmpty == false }
            await stage.consumer.close(timeout: .seconds(20))
            stage.expectFenced(await producer.run([stage.message("x")], offsets: stage.offsets(1), member: stage.member), .notMember)
            #expect(try stage.transactionRequests().count == count)
        }
        try await TransactionStage.with(joins: false) { stage in
            let producer = try stage.producer()
            stage.expectFenced(await producer.run([stage.message("x")], offsets: stage.offsets(1), member: stage.member), .notMember)
            #expect(try stage.transactionRequests().isEmpty)
        }
    }

    // MARK: Outages

    @Test func anAbandonedTransactionIsGivenUpWhileTheBrokerIsDown() async throws {
        let lines = LogLines()
        try await TransactionStage.with(joins: false) { stage in
            let producer = try stage.producer(logger: lines.logger)
            stage.expectCommitted(await producer.run([stage.message("1")], offsets: [], member: stage.member))
            try stage.broker.setDown(1)
            async let outcome = producer.run([stage.message("2")], offsets: [], member: stage.member)
            try await Condition.wait(for: "the loss of the connection") { lines.contain("Disconnected") }
            producer.abandon()
            stage.expectAborted(await outcome, .cancelled)
            // With nothing under way it is the next one that is given up.
            producer.abandon()
            stage.expectAborted(await producer.run([stage.message("3")], offsets: [], member: stage.member), .cancelled)
            try stage.broker.setUp(1)
            stage.expectCommitted(await producer.run([stage.message("4")], offsets: [], member: stage.member))
        }
    }

    @Test func aCommitThatIsAbandonedIsOfUnknownFate() async throws {
        try await TransactionStage.with(joins: false) { stage in
            let producer = try stage.producer()
            // librdkafka asks again and again.
            stage.broker.inject(.concurrentTransactions, into: .endTransaction, count: 1_000)
            async let running = producer.run([stage.message("x")], offsets: [], member: stage.member)
            try await Condition.wait(for: "the commit") { try stage.requests().contains { $0.commit == true } }
            producer.abandon()
            let outcome = await running
            guard case .unknown(let error) = outcome else {
                Issue.record("\(outcome)")
                return
            }
            #expect(error.code == .cancelled)
        }
    }

    @Test func aTransactionOutlivesABrokerThatIsDownForLongerThanMessagesMayWait() async throws {
        let lines = LogLines()
        try await TransactionStage.with(joins: false) { stage in
            let short = [(name: "transaction.timeout.ms", value: "1000"), (name: "reconnect.backoff.max.ms", value: "200")]
            let producer = try stage.producer(short, logger: lines.logger)
            stage.expectCommitted(await producer.run([stage.message("1")], offsets: [], member: stage.member))
            try stage.broker.setDown(1)
            async let outcome = producer.run([stage.message("2")], offsets: [], member: stage.member)
            try await Condition.wait(for: "a message to time out") { lines.contain("timed out") }
            try stage.broker.setUp(1)
            stage.expectCommitted(await outcome)
            #expect(try stage.read("responses").compactMap { $0.value.map { String(decoding: $0, as: UTF8.self) } }.contains("2"))
        }
    }
}
