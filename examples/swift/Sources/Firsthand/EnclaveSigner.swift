#if canImport(CryptoKit) && canImport(Security)
import CryptoKit
import Foundation
import Security

/// The device key in the Secure Enclave. What is stored outside is a blob that only this device's
/// enclave can use.
///
/// The key is usable without the user being there, from the first unlock after a start of the phone
/// on: a background sync has to sign while the phone is locked. The user's presence guards the
/// store key instead (docs/integrating/ios.md).
@available(iOS 15, macOS 12, *)
public struct EnclaveSigner: FieldSigner, @unchecked Sendable {
    private let key: SecureEnclave.P256.Signing.PrivateKey

    public let publicKey: Data
    /// To be kept in the keychain, and handed to `init(blob:)` at the next start.
    public let blob: Data

    /// Makes a new key. Do so once, before enrolling: the key is the device.
    public init() throws {
        var fault: Unmanaged<CFError>?
        guard
            let access = SecAccessControlCreateWithFlags(
                nil, kSecAttrAccessibleAfterFirstUnlockThisDeviceOnly, .privateKeyUsage, &fault)
        else { throw NoAccessControl(reason: fault?.takeRetainedValue()) }
        self.init(key: try SecureEnclave.P256.Signing.PrivateKey(accessControl: access))
    }

    /// The key of earlier.
    public init(blob: Data) throws {
        self.init(key: try SecureEnclave.P256.Signing.PrivateKey(dataRepresentation: blob))
    }

    private init(key: SecureEnclave.P256.Signing.PrivateKey) {
        self.key = key
        self.publicKey = key.publicKey.derRepresentation
        self.blob = key.dataRepresentation
    }

    /// `signature(for:)` takes the SHA-256 itself.
    ///
    /// Which error an enclave gives before the first unlock could not be tried for this example:
    /// the two below are taken for "locked". Look at what your devices throw.
    public func sign(_ message: Data) throws -> Data {
        do {
            return try key.signature(for: message).derRepresentation
        } catch let fault as NSError
            where fault.code == Int(errSecInteractionNotAllowed) || fault.domain == "com.apple.LocalAuthentication"
        {
            throw KeyIsLocked()
        }
    }
}

/// The system would not make an access control.
public struct NoAccessControl: Error {
    public let reason: CFError?
}
#endif
