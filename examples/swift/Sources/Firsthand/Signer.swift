import CField
import Foundation

/// Signs with the device key, wherever it lives. Called on threads of the library, one call at a time,
/// and given up after 10 seconds: so it must not ask the user anything.
public protocol FieldSigner: Sendable {
    /// P-256 SubjectPublicKeyInfo, DER: 91 bytes.
    var publicKey: Data { get }

    /// ECDSA over the SHA-256 of the message, DER. `KeyIsLocked` pauses a sync and fails nothing.
    func sign(_ message: Data) throws -> Data
}

/// The key exists and cannot be used now.
public struct KeyIsLocked: Error {
    public init() {}
}

/// Hands out signers by number. The library keeps the number as its `context`, so a call that comes
/// late, after `release` or after a failed open, finds nothing instead of freed memory.
final class SignerDesk: @unchecked Sendable {
    static let shared = SignerDesk()

    private let lock = NSLock()
    private var signers: [UInt: any FieldSigner] = [:]
    private var last: UInt = 0

    func admit(_ signer: any FieldSigner) -> UInt {
        lock.lock()
        defer { lock.unlock() }
        last += 1
        signers[last] = signer
        return last
    }

    func find(_ ticket: UInt) -> (any FieldSigner)? {
        lock.lock()
        defer { lock.unlock() }
        return signers[ticket]
    }

    func dismiss(_ ticket: UInt) {
        lock.lock()
        defer { lock.unlock() }
        signers[ticket] = nil
    }
}

/// The struct that `field_open` takes. `publicKey` is borrowed until that call returns.
func signerHooks(ticket: UInt, publicKey: field_bytes) -> field_signer {
    field_signer(
        struct_size: numericCast(MemoryLayout<field_signer>.size),
        context: UnsafeMutableRawPointer(bitPattern: ticket),
        public_key: publicKey,
        sign: { context, message, signature, length in
            guard let signature, let length else { return Status.null }
            guard let signer = SignerDesk.shared.find(UInt(bitPattern: context)) else { return Status.signerBad }
            var text = Data()
            if let start = message.data { text = Data(bytes: start, count: numericCast(message.len)) }
            do {
                let der = try signer.sign(text)
                guard der.count <= Int(length.pointee) else { return Status.signerBad }
                der.copyBytes(to: signature, count: der.count)
                length.pointee = numericCast(der.count)
                return Status.ok
            } catch is KeyIsLocked {
                return Status.keyLocked
            } catch {
                return Status.signerBad
            }
        },
        release: { context in SignerDesk.shared.dismiss(UInt(bitPattern: context)) }
    )
}
