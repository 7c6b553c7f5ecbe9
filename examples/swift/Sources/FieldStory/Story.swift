import Firsthand
import Foundation

/// An officer with a handset: enrolled at the station, no signal at the school, signal again.
@main
struct Story {
    /// How long the last chapter waits for somebody else's answer.
    static let patienceSeconds: UInt64 = 120

    static func main() async {
        do {
            try await tell()
        } catch let refusal as FieldError {
            print("\(refusal.code): \(refusal.message)")
            for gap in refusal.gaps { print("  \(gap.code) \(gap.path ?? "")") }
            exit(1)
        } catch {
            print("\(error)")
            exit(1)
        }
    }

    static func tell() async throws {
        guard CommandLine.arguments.count == 3 else {
            print("usage: FieldStory FOLDER ENROLMENT-CODE")
            exit(2)
        }
        let (folder, code) = (CommandLine.arguments[1], CommandLine.arguments[2])

        // The key dies with this program and the store with it. An app uses Keychain.storeKey.
        let key = Data((0..<32).map { _ in UInt8.random(in: .min ... .max) })
        let field = try Field(path: folder, storeKey: key, signer: enclave())
        let events = field.events()

        let who = try field.enrol(code: code)
        print("Enrolled: \(who["user"]?.text ?? "?"), \(who["role"]?.text ?? "?")")

        try field.networkChanged(available: false, metered: false, interface: "none")
        print("No signal.")
        let account = try record(in: field)
        let request = try field.new("action", theRequest)["id"]?.text
        let waiting = try field.status()["unsent"]
        print("Waiting: \(waiting?["immediate"]?.number ?? 0) immediate, \(waiting?["standard"]?.number ?? 0) standard")

        print("Signal.")
        try field.startSync()
        try field.networkChanged(available: true, metered: true, interface: "cellular")
        print("On another handset: field do \(request ?? "?") accept")

        // Whoever waits has to be able to stop: closing ends the events.
        let patience = Task {
            try await Task.sleep(nanoseconds: patienceSeconds * 1_000_000_000)
            field.close()
        }
        let seen = try await watch(events, account: account, request: request)
        patience.cancel()
        if seen.receipt, let checked = try? field.verify(account) {
            print("The account is on the server's disk. Verified: \(checked["ok"]?.flag ?? false)")
        }
        field.close()
        if !(seen.receipt && seen.answer) { print("Not everything came within \(patienceSeconds) s.") }
    }

    /// A child's account. What is missing is listed beside the seal and blocks nothing.
    static func record(in field: Field) throws -> String {
        let draft = try field.new("disclosure", theAccount)
        let id = draft["id"]?.text ?? ""
        let sealed = try field.seal(id)
        print("Sealed: \(sealed["status"]?.text ?? "?"), \(sealed["gaps"]?.elements?.count ?? 0) questions open")
        return id
    }

    /// Follows the events until the receipt and somebody's answer are here, or the store is closed.
    static func watch(
        _ events: AsyncThrowingStream<FieldEvent, any Error>, account: String, request: String?
    ) async throws -> (receipt: Bool, answer: Bool) {
        var seen = (receipt: false, answer: false)
        for try await event in events {
            print("  \(event.name) \(event.kind ?? "") \(event.status ?? "")")
            if event.name == "receipt", event.id == account { seen.receipt = true }
            // What a device wrote itself it is not told of: a change of the request is somebody else's.
            let theirs = event.id == request || event.kind == "action_update"
            if event.name == "record_changed", theirs { seen.answer = true }
            if seen.receipt && seen.answer { break }
        }
        return seen
    }

    /// The enclave where there is one; nil lets the library make a key in the encrypted store.
    static func enclave() -> (any FieldSigner)? {
        #if os(iOS)
        return try? EnclaveSigner()
        #else
        return nil
        #endif
    }

    static let theAccount: JSON = [
        "urgency": "immediate",
        "speaker": ["as_said": "Maisie"],
        "words_verbatim": [
            ["seq": 1, "speaker": "Maisie", "text": "I don't want to go back there.", "exact": true]
        ],
        "questions_asked": [
            ["seq": 1, "text": "Tell me about the weekend.", "asker": "officer", "kind": "open"]
        ],
        "setting": ["type": "school", "place": "wellbeing office", "chosen_by_child": "yes"],
        "seen_alone": "no",
        "how_recorded": "typed_live",
    ]

    static let theRequest: JSON = [
        "kind": "enquiry",
        "urgency": "standard",
        "requested_by": ["person": "the lead", "org": "Hill Primary"],
        "exact_request": "Could someone look at the lights on the back gate?",
        "about": ["the school"],
        "due": "2099-01-01T12:00:00Z",
    ]
}
