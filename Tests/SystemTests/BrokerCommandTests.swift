import Kafka
import Testing

@testable import switchyard

struct BrokerCommandTests {
    @Test func eachFormIsRead() throws {
        #expect(try BrokerCommand("leader llm.requests 3 2") == .leader(topic: "llm.requests", partition: 3, broker: 2))
        #expect(try BrokerCommand("down 1") == .down(1))
        #expect(try BrokerCommand("  up\t1 ") == .up(1))
        #expect(try BrokerCommand("round-trip 2 250") == .roundTrip(broker: 2, milliseconds: 250))
        #expect(try BrokerCommand("coordinator switchyard 3") == .coordinator(group: "switchyard", broker: 3))
        #expect(try BrokerCommand("fail end-txn producer-fenced 4") == .fail(.endTransaction, .producerFenced, count: 4))
    }

    @Test func everyRequestAndErrorHasAName() throws {
        for request in EmbeddedBroker.Request.allCases {
            for fault in EmbeddedBroker.Fault.allCases {
                #expect(try BrokerCommand("fail \(request.rawValue) \(fault.rawValue) 1") == .fail(request, fault, count: 1))
            }
        }
    }

    @Test(arguments: [
        ("stop", "'stop' is no command: it is one of leader TOPIC PARTITION BROKER, down BROKER"),
        ("down", "'down' must have the form down BROKER"),
        ("down 1 2", "'down 1 2' must have the form down BROKER"),
        ("up one", "BROKER must be a number from 0 on, not 'one'"),
        ("round-trip 1 -5", "MS must be a number from 0 on, not '-5'"),
        ("leader t 99999999999 1", "PARTITION must be a number from 0 on, not '99999999999'"),
        ("fail everything not-leader 1", "there is no REQUEST 'everything': it is one of produce, fetch, "),
        ("fail produce sunspots 1", "there is no ERROR 'sunspots': it is one of concurrent-transactions, "),
    ])
    func anythingElseIsAnErrorThatSaysWhatIsPossible(_ line: String, _ beginning: String) {
        let problem = #expect(throws: BrokerCommand.Problem.self) { try BrokerCommand(line) }
        #expect(problem?.description.hasPrefix(beginning) == true, "\(problem?.description ?? "")")
    }
}
