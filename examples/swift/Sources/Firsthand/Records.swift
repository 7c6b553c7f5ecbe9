import CField
import Foundation

/// The one shape of every record function: JSON in, JSON out.
typealias RecordCall = (field_store, field_bytes, UnsafeMutablePointer<field_buffer>?) -> Int32

extension Field {
    /// Trades a one-time code for a place in the directory. Waits for the network.
    public func enrol(code: String) throws -> JSON {
        try ask(field_enrol, ["code": .string(code)])
    }

    /// Begins a record; it is on disk when this returns.
    public func new(_ kind: String, _ body: JSON) throws -> JSON {
        try ask(field_record_new, ["kind": .string(kind), "body": body])
    }

    /// Changes working fields, by path.
    public func edit(_ id: String, set: [String: JSON]) throws -> JSON {
        try ask(field_record_edit, ["id": .string(id), "set": .object(set)])
    }

    /// Keeps what was just typed into a draft: for an autosave, at most 2 s after a keystroke.
    public func keep(draft id: String, set: [String: JSON]) throws {
        _ = try ask(field_draft_keep, ["id": .string(id), "set": .object(set)])
    }

    /// Signs what is written. The words cannot be changed afterwards.
    public func seal(_ id: String) throws -> JSON {
        try ask(field_record_seal, ["id": .string(id)])
    }

    /// Adds to a sealed record.
    public func addendum(_ id: String, text: String, reason: String) throws -> JSON {
        try ask(field_record_addendum, ["id": .string(id), "text": .string(text), "reason": .string(reason)])
    }

    /// A step of a record, such as `accept`.
    public func act(on id: String, verb: String, body: JSON = [:]) throws -> JSON {
        try ask(field_record_do, ["id": .string(id), "verb": .string(verb), "body": body])
    }

    /// The record. Logged as a consultation, with its purpose if one is given.
    public func show(_ id: String, purpose: String? = nil) throws -> JSON {
        var request: [String: JSON] = ["id": .string(id)]
        if let purpose { request["purpose"] = .string(purpose) }
        return try ask(field_record_show, .object(request))
    }

    /// Lines of records, newest first. `filter` as in the reference: kind, case, open, unsent.
    public func list(_ filter: [String: JSON] = [:]) throws -> [JSON] {
        try ask(field_record_list, .object(filter)).elements ?? []
    }

    /// Full text, over what this device holds.
    public func search(_ text: String) throws -> [JSON] {
        try ask(field_search, ["text": .string(text)]).elements ?? []
    }

    /// Attaches a file: on this device's disk, encrypted, when it returns; sent after everything else.
    public func attach(_ id: String, path: String, type: String) throws -> JSON {
        try ask(field_attachment_add, ["id": .string(id), "path": .string(path), "type": .string(type)])
    }

    /// Decrypts an attached file into a file; waits for the network where it is not on this device.
    public func fetchAttachment(_ id: String, sha256: String, to: String) throws -> JSON {
        try ask(field_attachment_fetch, ["id": .string(id), "sha256": .string(sha256), "to": .string(to)])
    }

    /// What is unsent, how old it is, whether the server is reached.
    public func status() throws -> JSON {
        try ask(field_status_get, [:])
    }

    /// Checks signatures, receipts and hashes, of one record or of all.
    public func verify(_ id: String? = nil) throws -> JSON {
        var request: [String: JSON] = [:]
        if let id { request["id"] = .string(id) }
        return try ask(field_verify, .object(request))
    }

    /// Changes the store key. Put the new one into the keychain first, beside the old one.
    public func rekey(storeKey: Data) throws {
        let answer = storeKey.lend { key in fetch { field_rekey(store, key, $0) } }
        try check(answer.status, answer.bytes)
    }

    private func ask(_ call: RecordCall, _ request: JSON) throws -> JSON {
        let answer = try JSONEncoder().encode(request).lend { request in fetch { call(store, request, $0) } }
        try check(answer.status, answer.bytes)
        return try JSONDecoder().decode(JSON.self, from: answer.bytes)
    }
}
