import XCTest

@testable import Firsthand

/// What needs no store: the shapes that come out of the library, and the desk of the signers.
final class PureTests: XCTestCase {
    func testAnErrorIsReadAsTheLibraryPrintsIt() {
        let response = Data(
            """
            {"error":{"code":"R44.concern_item","class":"refused","message":"one is open",
            "gaps":[{"code":"R44.concern_item","path":"concern_items/1"}]}}
            """.utf8)
        let error = FieldError(status: 14400, response: response)
        XCTAssertEqual(error.code, "R44.concern_item")
        XCTAssertEqual(error.errorClass, .refused)
        XCTAssertEqual(error.gaps.map(\.path), ["concern_items/1"])
    }

    func testAClassOfALaterLibraryIsOther() {
        let response = Data(#"{"error":{"code":"X.new","class":"unheard_of","message":"."}}"#.utf8)
        XCTAssertEqual(FieldError(status: 1, response: response).errorClass, .other)
    }

    func testJSONComesBackAsItWent() throws {
        let value: JSON = ["a": [1, true, "x"], "b": ["c": .null], "d": .double(0.5)]
        let bytes = try JSONEncoder().encode(value)
        XCTAssertEqual(try JSONDecoder().decode(JSON.self, from: bytes), value)
    }

    func testAnEventKeepsWhatItDoesNotKnow() throws {
        let line = Data(#"{"event":"later","at":"2026-03-02T09:00:00.000Z","more":1}"#.utf8)
        let event = try JSONDecoder().decode(FieldEvent.self, from: line)
        XCTAssertEqual(event.name, "later")
        XCTAssertNil(event.id)
    }

    func testALateSignerCallFindsNobody() {
        struct Nobody: FieldSigner {
            let publicKey = Data()
            func sign(_ message: Data) throws -> Data { throw KeyIsLocked() }
        }
        let ticket = SignerDesk.shared.admit(Nobody())
        XCTAssertNotNil(SignerDesk.shared.find(ticket))
        SignerDesk.shared.dismiss(ticket)
        XCTAssertNil(SignerDesk.shared.find(ticket))
    }
}
