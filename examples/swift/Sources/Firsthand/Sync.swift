import CField
import Foundation

/// How one sync ended.
public enum SyncOutcome: Sendable {
    /// Nothing is left to send. As `field sync` prints it.
    case done(JSON)
    /// The budget ended first; what is urgent went first.
    case more(JSON)
    /// No server answered. What was written is safe and waits.
    case noNetwork
}

extension Field {
    /// Stay in sync from now on. Returns at once; no call of the app ever waits for it.
    public func startSync() throws { try check(field_sync_start(store)) }

    /// Stop doing so.
    public func stopSync() throws { try check(field_sync_stop(store)) }

    /// One sync within a budget, most urgent first: for background tasks. Blocks for up to the
    /// budget, so never on the main thread.
    public func syncOnce(budgetMilliseconds: UInt32) throws -> SyncOutcome {
        let answer = fetch { field_sync_once(store, budgetMilliseconds, $0) }
        switch answer.status {
        case Status.ok: return .done(try JSONDecoder().decode(JSON.self, from: answer.bytes))
        case Status.moreWork: return .more(try JSONDecoder().decode(JSON.self, from: answer.bytes))
        case Status.noNetwork: return .noNetwork
        default: throw FieldError(status: answer.status, response: answer.bytes)
        }
    }

    /// What NWPathMonitor says. `interface` is a word such as "wifi" or "cellular".
    public func networkChanged(available: Bool, metered: Bool, interface: String) throws {
        let state: JSON = ["available": .bool(available), "metered": .bool(metered), "interface": .string(interface)]
        try check(JSONEncoder().encode(state).lend { field_network_changed(store, $0) })
    }
}
