import Envelope
import Testing

@Suite struct EventAndChunkTests {
    @Test func writesACompletedEvent() {
        let text = withBytes(Array(#""q1""#.utf8)) { id in
            written {
                EventEnvelope(
                    kind: .completed, id: id, time: 1_772_366_400_250, worker: "w\"1", tenant: "t", type: .chat, provider: "openai",
                    model: "m",
                    usage: Usage(input: 1, output: 2), cost: 0.5, timings: Timings(queued: 1, limited: 2, provider: 3, total: 6),
                    attempts: 1, cache: .miss
                ).write(into: &$0)
            }
        }
        #expect(
            text
                == #"{"version":1,"event":"request.completed","id":"q1","time":"2026-03-01T12:00:00.250Z","worker":"w\"1","tenant":"t","type":"chat","#
                + #""provider":"openai","model":"m","usage":{"input":1,"output":2,"cached":0,"cache_write":0,"reasoning":0},"cost":0.5,"#
                + #""timings":{"queued":1,"limited":2,"provider":3,"total":6},"attempts":1,"cache":"miss"}"#)
    }

    @Test func leavesOutWhatAnEventDoesNotKnow() {
        let text = written {
            EventEnvelope(kind: .deadLettered, id: nil, time: 0, worker: "w", timings: Timings(), error: .invalidJSON).write(into: &$0)
        }
        #expect(
            text == #"{"version":1,"event":"request.dead_lettered","time":"1970-01-01T00:00:00.000Z","worker":"w","cost":null,"#
                + #""timings":{"queued":0,"limited":0,"provider":0,"total":0},"attempts":0,"cache":"none","error":{"code":"invalid_json"}}"#
        )
    }

    @Test func writesChunks() {
        let texts = withBytes(Array(#""q1"{"content":"x"}"stop""#.utf8)) { bytes in
            let id = bytes[ByteRange(start: 0, end: 4)]
            let delta = bytes[ByteRange(start: 4, end: 19)]
            let reason = bytes[ByteRange(start: 19, end: 25)]
            return [
                written { ChunkEnvelope(id: id, sequence: 0, delta: delta).write(into: &$0) },
                written { ChunkEnvelope(id: id, sequence: 12, delta: nil, isFinal: true, finishReason: reason).write(into: &$0) },
                written { ChunkEnvelope(id: id, sequence: 13, delta: nil, isFinal: true).write(into: &$0) },
            ]
        }
        #expect(
            texts == [
                #"{"version":1,"id":"q1","sequence":0,"delta":{"content":"x"},"final":false}"#,
                #"{"version":1,"id":"q1","sequence":12,"delta":{},"final":true,"finish_reason":"stop"}"#,
                #"{"version":1,"id":"q1","sequence":13,"delta":{},"final":true,"finish_reason":null}"#,
            ])
    }

    @Test func writesWhatOnlySomeChunksHave() {
        withBytes(Array("\"q1\"".utf8)) { id in
            #expect(
                written { ChunkEnvelope(id: id, sequence: 1, choice: 2, delta: nil).write(into: &$0) }
                    == #"{"version":1,"id":"q1","sequence":1,"choice":2,"delta":{},"final":false}"#)
            #expect(
                written {
                    ChunkEnvelope(id: id, sequence: 1, delta: nil, isFinal: true, error: (code: .streamCorrupt, message: "a\"b"))
                        .write(into: &$0)
                }
                    == #"{"version":1,"id":"q1","sequence":1,"delta":{},"final":true,"finish_reason":null,"error":{"code":"stream_corrupt","message":"a\"b"}}"#
            )
        }
    }

    @Test func writesThatAKeyIsSetAside() {
        let event = KeyEvent(
            time: 1_772_366_400_250, worker: "w", provider: "p", key: 2, model: "m", reason: .permission, until: 1_772_366_460_250)
        #expect(
            written { event.write(into: &$0) }
                == #"{"version":1,"event":"key.set_aside","time":"2026-03-01T12:00:00.250Z","worker":"w","provider":"p","key":2,"model":"m","error":{"code":"permission"},"until":"2026-03-01T12:01:00.250Z"}"#
        )
    }
}
