import TestSupport
import Testing

@testable import Kafka

@Suite(.timeLimit(.minutes(2))) struct TransactionErrorTests {
    @Test func anAbortedTransactionCanBeRunAgain() async throws {
        try await TransactionStage.with(joins: true) { stage in
            let producer = try stage.producer()
            stage.broker.inject(.groupAuthorizationFailed, into: .transactionOffsetCommit, count: 1)
            let messages = [stage.message("x"), stage.message("y")]
            stage.expectAborted(await producer.run(messages, offsets: stage.offsets(1), member: stage.member), .notAuthorized)
            stage.expectCommitted(await producer.run(messages, offsets: stage.offsets(1), member: stage.member))
            #expect(try stage.requests().compactMap(\.commit) == [false, true])
        }
    }

    // MARK: Messages that no try gets through

    @Test func messagesThatAreTooLargeAreNamed() async throws {
        try await TransactionStage.with(joins: false) { stage in
            let producer = try stage.producer([("message.max.bytes", "2000")])
            let large = stage.message(String(repeating: "x", count: 3_000))
            let messages = [stage.message("a"), large, stage.message("b"), large]
            stage.expectAborted(await producer.run(messages, offsets: [], member: stage.member), .messageTooLarge, rejected: [1, 3])
            stage.expectCommitted(await producer.run([messages[0], messages[2]], offsets: [], member: stage.member))
            #expect(try stage.requests().compactMap(\.commit).last == true)
        }
    }

    @Test func aMessageThatTheBrokerRefusesIsNamedAndTheProducerGoesOn() async throws {
        try await TransactionStage.with(joins: false) { stage in
            let producer = try stage.producer()
            for _ in 0..<2 {
                stage.broker.inject(.messageTooLarge, into: .produce, count: 1)
                let outcome = await producer.run([stage.message("x")], offsets: [], member: stage.member)
                stage.expectAborted(outcome, .messageTooLarge, rejected: [0])
                stage.expectCommitted(await producer.run([stage.message("y")], offsets: [], member: stage.member))
            }
            #expect(try stage.requests().compactMap(\.commit) == [false, true, false, true])
        }
    }

    @Test func aBatchThatTheBrokerRefusesIsSentAgainOneByOne() async throws {
        try await TransactionStage.with(joins: false) { stage in
            // For long enough that a batch is whole when it is sent.
            let producer = try stage.producer([("linger.ms", "200")])
            let messages = (0..<3).map { stage.message("\($0)") }
            stage.broker.inject(.messageTooLarge, into: .produce, count: 1)
            stage.expectCommitted(await producer.run(messages, offsets: [], member: stage.member))
            // The batch of three, and then the first of them.
            stage.broker.inject(.messageTooLarge, into: .produce, count: 2)
            let outcome = await producer.run(messages, offsets: [], member: stage.member)
            stage.expectAborted(outcome, .messageTooLarge, rejected: [0])
            stage.expectCommitted(await producer.run(Array(messages.dropFirst()), offsets: [], member: stage.member))
        }
    }

    @Test func theMessagesOfATopicThatMayNotBeWrittenToAreNamed() async throws {
        try await TransactionStage.with(joins: false) { stage in
            let producer = try stage.producer()
            let messages = [stage.message("a", to: "requests"), stage.message("b"), stage.message("c", to: "requests")]
            // Both topics together, and then the one whose turn it is.
            stage.broker.inject(.topicAuthorizationFailed, into: .addPartitionsToTransaction, count: 2)
            let outcome = await producer.run(messages, offsets: [], member: stage.member)
            stage.expectAborted(outcome, .notAuthorized, rejected: [0, 2])
            if case .aborted(let error, _) = outcome { #expect(error.message.contains("cannot produce to requests")) }
            stage.expectCommitted(await producer.run([messages[1]], offsets: [], member: stage.member))
        }
    }

    // MARK: Fencing

    @Test func aMemberThatTheGroupHasLeftBehindIsFenced() async throws {
        try await TransactionStage.with(joins: true) { stage in
            let producer = try stage.producer()
            for fault in [EmbeddedBroker.Fault.illegalGeneration, .unknownMemberID, .fencedInstanceID] {
                stage.broker.inject(fault, into: .transactionOffsetCommit, count: 1)
                let outcome = await producer.run([stage.message("x")], offsets: stage.offsets(1), member: stage.member)
                stage.expectFenced(outcome, .notMember)
                #expect(try stage.requests().compactMap(\.commit).last == false)
            }
            stage.expectCommitted(await producer.run([stage.message("x")], offsets: stage.offsets(1), member: stage.member))
        }
    }

    @Test func aProducerWhoseIdIsTakenIsFencedAndMadeAnew() async throws {
        try await TransactionStage.with(joins: true) { stage in
            let producer = try stage.producer()
            let faults: [(EmbeddedBroker.Fault, EmbeddedBroker.Request)] = [
                (.invalidProducerEpoch, .addOffsetsToTransaction), (.producerFenced, .addOffsetsToTransaction),
                (.invalidProducerEpoch, .addPartitionsToTransaction), (.producerFenced, .produce),
                (.invalidProducerEpoch, .transactionOffsetCommit),
            ]
            for (count, (fault, request)) in faults.enumerated() {
                stage.broker.inject(fault, into: request, count: 1)
                let outcome = await producer.run([stage.message("x")], offsets: stage.offsets(1), member: stage.member)
                stage.expectFenced(outcome, .producerFenced)
                stage.expectCommitted(await producer.run([stage.message("x")], offsets: stage.offsets(1), member: stage.member))
                #expect(try stage.requests().filter { $0.name == "InitProducerId" }.count == count + 2)
            }
        }
    }

    // MARK: The coordinators

    @Test func aFatalErrorDuringTheCommitLeavesItUnknown() async throws {
        try await TransactionStage.with(joins: false) { stage in
            let producer = try stage.producer()
            for (count, fault) in [EmbeddedBroker.Fault.producerFenced, .invalidTransactionState].enumerated() {
                stage.broker.inject(fault, into: .endTransaction, count: 1)
                let outcome = await producer.run([stage.message("x")], offsets: [], member: stage.member)
                guard case .unknown = outcome else {
                    Issue.record("\(outcome)")
                    return
                }
                // The producer was made anew before it was told, which ends what was open.
                #expect(try stage.requests().filter { $0.name == "InitProducerId" }.count == count + 2)
            }
            stage.expectCommitted(await producer.run([stage.message("x")], offsets: [], member: stage.member))
        }
    }

    @Test func passingErrorsOfTheCoordinatorsAreWaitedOut() async throws {
        try await TransactionStage.with(joins: true) { stage in
            let producer = try stage.producer()
            stage.broker.inject(.concurrentTransactions, into: .initProducerID, count: 2)
            stage.broker.inject(.concurrentTransactions, into: .addPartitionsToTransaction, count: 2)
            stage.broker.inject(.notEnoughReplicas, into: .produce, count: 1)
            stage.broker.inject(.coordinatorLoadInProgress, into: .addOffsetsToTransaction, count: 1)
            stage.broker.inject(.notCoordinator, into: .transactionOffsetCommit, count: 1)
            stage.broker.inject(.concurrentTransactions, into: .endTransaction, count: 2)
            stage.expectCommitted(await producer.run([stage.message("x")], offsets: stage.offsets(1), member: stage.member))
            let failed = try stage.requests().filter { ($0.error ?? 0) != 0 }
            #expect(Set(failed.map(\.name)) == ["InitProducerId", "AddPartitionsToTxn", "AddOffsetsToTxn", "TxnOffsetCommit", "EndTxn"])
        }
    }
}
