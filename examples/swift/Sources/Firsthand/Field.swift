import CField
import Foundation

/// One open store. Any thread may call; calls are short and never wait for the network, except
/// `enrol` and `syncOnce`. Keep them off the main thread all the same: they write to the disk.
public final class Field: @unchecked Sendable {
    let store: field_store

    /// Opens the store of a folder, making it if there is none. Without a signer the library makes a
    /// device key and keeps it in the encrypted store.
    public init(path: String, storeKey: Data, server: String? = nil, signer: (any FieldSigner)? = nil) throws {
        try Self.checkVersion()
        var config: [String: JSON] = ["path": .string(path)]
        if let server { config["server"] = .string(server) }
        let ticket = signer.map { SignerDesk.shared.admit($0) }
        var opened: field_store = 0
        let answer = try JSONEncoder().encode(JSON.object(config)).lend { config in
            storeKey.lend { key in
                fetch { error in
                    guard let signer, let ticket else { return field_open(config, key, nil, &opened, error) }
                    return signer.publicKey.lend { publicKey in
                        var hooks = signerHooks(ticket: ticket, publicKey: publicKey)
                        return field_open(config, key, &hooks, &opened, error)
                    }
                }
            }
        }
        // After a failure the signer is ours: the library will not release it.
        if answer.status != Status.ok, let ticket { SignerDesk.shared.dismiss(ticket) }
        try check(answer.status, answer.bytes)
        self.store = opened
    }

    deinit {
        close()
    }

    /// Closes the store; takes at most five seconds. A second call is harmless: the library answers
    /// `FIELD_CLOSED`.
    public func close() {
        _ = field_close(store)
    }

    /// Tells the library what the app is doing. `.locked` drops the store key and closes the file.
    public func lifecycle(_ state: Lifecycle) throws {
        try check(field_lifecycle(store, state.rawValue))
    }

    /// Gives the store key back after `.locked`.
    public func unlock(storeKey: Data) throws {
        try check(storeKey.lend { field_unlock(store, $0) })
    }

    /// Before the system freezes the app: no thread of the library runs and no file is open when
    /// this returns. `STORE.waiting` when a call did not come back in time.
    public func suspend() throws {
        try check(field_suspend(store))
    }

    /// After `suspend`, when the app runs again. Staying in sync goes on by itself.
    public func resume() throws {
        try check(field_resume(store))
    }

    private static func checkVersion() throws {
        // Version 1 of the interface is what this wrapper was written for.
        let major = field_abi_version() >> 16
        if major != 1 { throw WrongLibrary(major: major) }
    }
}

/// What the app is doing.
public enum Lifecycle: Int32, Sendable {
    case foreground = 0
    case background = 1
    case locked = 2
}

/// The library that was linked speaks another major version of the C interface.
public struct WrongLibrary: Error {
    public let major: UInt32
}
