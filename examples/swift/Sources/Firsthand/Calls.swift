import CField
import Foundation

// The two rules of memory: what goes in is borrowed for the call, what comes out is the library's
// until field_buffer_free. Nothing else in this package touches a pointer.

extension Data {
    /// Lends these bytes to one call.
    func lend<Answer>(_ call: (field_bytes) throws -> Answer) rethrows -> Answer {
        try withUnsafeBytes { (raw: UnsafeRawBufferPointer) in
            try call(field_bytes(data: raw.bindMemory(to: UInt8.self).baseAddress, len: numericCast(raw.count)))
        }
    }
}

/// Calls with an output buffer, copies what was left in it, and gives it back (which wipes it).
func fetch(_ call: (UnsafeMutablePointer<field_buffer>) -> Int32) -> (status: Int32, bytes: Data) {
    var buffer = field_buffer(data: nil, len: 0)
    defer { field_buffer_free(&buffer) }
    let status = call(&buffer)
    guard let start = buffer.data, buffer.len > 0 else { return (status, Data()) }
    return (status, Data(bytes: start, count: numericCast(buffer.len)))
}

/// Throws unless the status is 0.
func check(_ status: Int32, _ response: Data = Data()) throws {
    if status != Status.ok { throw FieldError(status: status, response: response) }
}
