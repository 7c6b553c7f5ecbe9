import CField
import Foundation

/// Something that happened. `name` is a text and no enum, because a later library may say more.
public struct FieldEvent: Decodable, Equatable, Sendable {
    /// record_changed, receipt, delivered, seen, quarantined, erased, online, offline.
    public let name: String
    public let at: String
    public let id: String?
    public let kind: String?
    public let status: String?
    public let code: String?
    public let to: String?
    public let statement: String?

    enum CodingKeys: String, CodingKey {
        case name = "event"
        case at, id, kind, status, code, to, statement
    }
}

extension Field {
    /// The events, until the store is closed; they are kept while it is suspended or locked. A
    /// thread of this wrapper's own fetches them: no foreign thread ever calls into the app. A store
    /// has one queue, so take one stream.
    public func events() -> AsyncThrowingStream<FieldEvent, any Error> {
        let store = self.store
        return AsyncThrowingStream(FieldEvent.self, bufferingPolicy: .bufferingNewest(Pump.eventsMax)) { out in
            let pump = Pump(store: store, out: out)
            out.onTermination = { _ in pump.stop() }
            let thread = Thread { pump.run() }
            thread.name = "field-events"
            thread.start()
        }
    }
}

/// Moves events from the library's queue into a stream. It holds the store's number and not the
/// `Field`, so that dropping the `Field` closes the store and so ends the thread.
private final class Pump: @unchecked Sendable {
    /// As many as the library keeps; the oldest are lost first, there as here.
    static let eventsMax = 4096
    /// How long one fetch waits. Only `stop` has to wait for it: closing the store wakes a fetch.
    private static let waitMilliseconds: UInt32 = 1_000

    private let store: field_store
    private let out: AsyncThrowingStream<FieldEvent, any Error>.Continuation
    private let lock = NSLock()
    private var stopped = false

    init(store: field_store, out: AsyncThrowingStream<FieldEvent, any Error>.Continuation) {
        self.store = store
        self.out = out
    }

    func stop() {
        lock.lock()
        stopped = true
        lock.unlock()
    }

    private var isStopped: Bool {
        lock.lock()
        defer { lock.unlock() }
        return stopped
    }

    func run() {
        while !isStopped {
            let answer = fetch { field_event_next(store, Self.waitMilliseconds, $0) }
            switch answer.status {
            case Status.ok:
                // An event that cannot be read is not worth the end of the stream.
                if let event = try? JSONDecoder().decode(FieldEvent.self, from: answer.bytes) { out.yield(event) }
            case Status.timeout:
                break
            case Status.closed:
                out.finish()
                return
            default:
                out.finish(throwing: FieldError(status: answer.status, response: answer.bytes))
                return
            }
        }
        out.finish()
    }
}
