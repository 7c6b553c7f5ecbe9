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

    /// What this user owes or is to know now.
    public func prompts() throws -> [JSON] {
        try ask(field_prompts, [:]).elements ?? []
    }

    /// Records that may be about the same number, place or person.
    public func matches() throws -> [JSON] {
        try ask(field_matches, [:]).elements ?? []
    }

    /// The chronology of a case.
    public func timeline(case id: String) throws -> [JSON] {
        try ask(field_timeline, ["case": .string(id)]).elements ?? []
    }

    /// The chronology of a person.
    public func timeline(person id: String) throws -> [JSON] {
        try ask(field_timeline, ["person": .string(id)]).elements ?? []
    }

    /// Writes a bundle that proves itself. `request` as in the reference: case or record, to, purpose, to_whom.
    public func export(_ request: [String: JSON]) throws -> JSON {
        try ask(field_export, .object(request))
    }

    /// Takes in what a colleague's device wrote by an export with `unsent`: the next sync brings it to the server.
    public func importUnsent(_ path: String) throws -> JSON {
        try ask(field_import, ["path": .string(path)])
    }

    /// Checks a bundle; needs no store. `pins` are those that the force publishes, or empty.
    public static func verifyBundle(path: String, pins: [String] = []) throws -> JSON {
        var request: [String: JSON] = ["path": .string(path)]
        if !pins.isEmpty { request["pins"] = .array(pins.map { .string($0) }) }
        return try answer(of: .object(request)) { request, response in field_verify_bundle(request, response) }
    }

    /// A new record for a store that cannot be opened now: its words go into the store's sealed box.
    public static func boxNew(path: String, _ kind: String, _ body: JSON) throws -> JSON {
        let config = try JSONEncoder().encode(JSON.object(["path": .string(path)]))
        return try answer(of: ["kind": .string(kind), "body": body]) { request, response in
            config.lend { field_box_new($0, request, response) }
        }
    }

    /// What was said into the sealed box and the store refused.
    public func boxList() throws -> [JSON] {
        try ask(field_box_list, [:]).elements ?? []
    }

    /// Takes out of the box what somebody has dealt with.
    public func boxDone(number: Int) throws {
        _ = try ask(field_box_done, ["number": .int(number)])
    }

    /// Changes the store key. Put the new one into the keychain first, beside the old one.
    public func rekey(storeKey: Data) throws {
        let answer = storeKey.lend { key in fetch { field_rekey(store, key, $0) } }
        try check(answer.status, answer.bytes)
    }

    private func ask(_ call: RecordCall, _ request: JSON) throws -> JSON {
        try Self.answer(of: request) { call(store, $0, $1) }
    }

    private static func answer(
        of request: JSON,
        _ call: (field_bytes, UnsafeMutablePointer<field_buffer>) -> Int32
    ) throws -> JSON {
        let answer = try JSONEncoder().encode(request).lend { request in fetch { call(request, $0) } }
        try check(answer.status, answer.bytes)
        return try JSONDecoder().decode(JSON.self, from: answer.bytes)
    }
}
