import CField
import Foundation

/// A refusal, as the library words it. Show `message`; decide by `errorClass`; report `code`.
public struct FieldError: Error, Equatable, Sendable {
    /// What a caller can do about it. A class newer than this list is `.other`.
    public enum Class: String, Sendable {
        case refused
        case notFound = "not_found"
        case denied
        case offline
        case busy
        case damaged
        case `internal`
        case update
        case locked
        case limit
        /// The wrapper or the app called in a way that is never right.
        case usage
        case other
    }

    /// What is still missing, by code and place.
    public struct Gap: Codable, Equatable, Sendable {
        public let code: String
        public let path: String?
        public let message: String?
    }

    /// The number: below 1000 one of `Status`, from 1000 on a code's.
    public let status: Int32
    /// The permanent name, such as `STORE.in_use`.
    public let code: String
    public let errorClass: Class
    /// A sentence without personal data.
    public let message: String
    public let gaps: [Gap]

    /// From a status and what the call left in its output buffer.
    init(status: Int32, response: Data) {
        let told = Self.told(in: response)
        let name = text(field_status_name(status)) ?? "status \(status)"
        self.status = status
        self.code = told?.code ?? name
        self.errorClass = Class(rawValue: told?.class ?? text(field_status_class(status)) ?? "") ?? .other
        self.message = told?.message ?? name
        self.gaps = told?.gaps ?? []
    }
}

extension FieldError {
    struct Told: Decodable {
        let code: String?
        let `class`: String?
        let message: String?
        let gaps: [Gap]?
    }

    /// What `{"error":{..}}` says, if that is what these bytes are.
    static func told(in response: Data) -> Told? {
        struct Envelope: Decodable { let error: Told }
        return try? JSONDecoder().decode(Envelope.self, from: response).error
    }
}

/// The library's own static text; never freed.
private func text(_ start: UnsafePointer<CChar>?) -> String? {
    start.map { String(cString: $0) }
}
