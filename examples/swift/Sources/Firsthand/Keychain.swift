#if canImport(Security)
import Foundation
import Security

/// Small secrets in the keychain: the store key and the enclave key's blob. They stay on this
/// device, in no backup, and can be read from the first unlock after a start of the phone on.
public enum Keychain {
    public struct Fault: Error { public let status: OSStatus }

    /// The 32 bytes of the store key; made on first use.
    ///
    /// Any other answer than "there is none" is thrown: a new key in place of one that could not be
    /// read just now would leave the store shut for ever.
    public static func storeKey(account: String) throws -> Data {
        if let key = try read(account: account) { return key }
        var key = Data(count: 32)
        let status = key.withUnsafeMutableBytes { SecRandomCopyBytes(kSecRandomDefault, 32, $0.baseAddress!) }
        guard status == errSecSuccess else { throw Fault(status: status) }
        try write(key, account: account)
        return key
    }

    public static func read(account: String) throws -> Data? {
        var query = item(account)
        query[kSecReturnData as String] = true
        var found: CFTypeRef?
        let status = SecItemCopyMatching(query as CFDictionary, &found)
        switch status {
        case errSecSuccess: return found as? Data
        case errSecItemNotFound: return nil
        default: throw Fault(status: status)
        }
    }

    public static func write(_ secret: Data, account: String) throws {
        var query = item(account)
        query[kSecValueData as String] = secret
        query[kSecAttrAccessible as String] = kSecAttrAccessibleAfterFirstUnlockThisDeviceOnly
        let status = SecItemAdd(query as CFDictionary, nil)
        guard status == errSecSuccess else { throw Fault(status: status) }
    }

    private static func item(_ account: String) -> [String: Any] {
        [
            kSecClass as String: kSecClassGenericPassword,
            kSecAttrService as String: "firsthand",
            kSecAttrAccount as String: account,
            // On macOS the older keychain has no such access classes.
            kSecUseDataProtectionKeychain as String: true,
        ]
    }
}
#endif
