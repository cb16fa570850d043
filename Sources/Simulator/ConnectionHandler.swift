internal import Envelope
internal import NIOCore
internal import NIOHTTP1

/// One connection: reads requests one after the other, and sends what their exchanges write when it is due.
///
/// Pipelining is not supported: a request that comes before the last one is answered ends the connection.
final class ConnectionHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = ByteBuffer

    private let simulation: Simulation
    private let timetable: Timetable
    private var context: ChannelHandlerContext?
    private var incoming: IncomingRequest?
    private var exchange: Exchange?

    init(_ simulation: Simulation, _ timetable: Timetable) {
        self.simulation = simulation
        self.timetable = timetable
    }

    func channelActive(context: ChannelHandlerContext) {
        self.context = context
        simulation.noteConnection(isOpen: true)
    }

    func channelInactive(context: ChannelHandlerContext) {
        self.context = nil
        simulation.noteConnection(isOpen: false)
        abandon()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard error is HTTPParserError, exchange == nil else { return context.close(promise: nil) }
        var answer = ByteWriter()
        APIError.invalid("What was sent is not valid HTTP.").writeAnswer(identifier: nil, isKeepAlive: false, to: &answer)
        send(answer, isLast: true)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head):
            guard exchange == nil else { return context.close(promise: nil) }
            let request = IncomingRequest(head)
            if request.expectsContinue { sendContinue() }
            incoming = request
        case .body(var part): incoming?.append(&part)
        case .end:
            guard let request = incoming else { return }
            incoming = nil
            begin(request)
        }
    }

    // MARK: Exchanges

    private func begin(_ request: IncomingRequest) {
        var answer = ByteWriter()
        guard let begun = simulation.receive(request, now: .now(), to: &answer) else {
            return send(answer, isLast: !request.isKeepAlive)
        }
        let due = begun.firstDue
        exchange = consume begun
        goOn(at: due)
    }

    private func goOn(at due: NIODeadline) {
        guard due > .now(), let context else { return goOn() }
        do {
            try timetable.add(self, at: due, context.eventLoop)
        } catch {
            context.close(promise: nil)
        }
    }

    /// Sends what is due.
    func goOn() {
        guard var current = exchange.take() else { return }
        var answer = ByteWriter(capacity: 4096)
        let next = current.step(simulation.options, now: .now(), to: &answer)
        let isKeepAlive = current.isKeepAlive
        exchange = consume current
        switch next {
        case .wait(let due):
            send(answer, isLast: false)
            goOn(at: due)
        case .stall: send(answer, isLast: false)
        case .end(let outcome):
            finish(outcome)
            send(answer, isLast: !isKeepAlive)
        case .disconnect(let failure):
            finish(.failed(failure))
            if answer.count > 0 { send(answer, isLast: true) } else { context?.close(promise: nil) }
        }
    }

    private func finish(_ outcome: Ledger.Outcome) {
        guard let finished = exchange.take() else { return }
        simulation.finish(fingerprint: finished.fingerprint, key: finished.key, outcome)
    }

    /// Notes that the client has left, if it still waits for something.
    private func abandon() {
        guard let finished = exchange.take() else { return }
        simulation.finish(fingerprint: finished.fingerprint, key: finished.key, .failed(finished.abandonment))
    }

    // MARK: Sending

    private func send(_ answer: borrowing ByteWriter, isLast: Bool) {
        guard let context, answer.count > 0 else { return }
        var buffer = context.channel.allocator.buffer(capacity: answer.count)
        buffer.writeBytes(answer.bytes)
        guard isLast else { return context.writeAndFlush(wrapOutboundOut(buffer), promise: nil) }
        context.writeAndFlush(wrapOutboundOut(buffer)).assumeIsolated().whenComplete { _ in context.close(promise: nil) }
    }

    private func sendContinue() {
        guard let context else { return }
        let line = context.channel.allocator.buffer(staticString: "HTTP/1.1 100 Continue\r\n\r\n")
        context.writeAndFlush(wrapOutboundOut(line), promise: nil)
    }
}
