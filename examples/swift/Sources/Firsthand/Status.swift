/// The statuses below 1000. They are permanent, so they stand here as numbers; from 1000 on a
/// status is the number of a code (`proto/codes.md`).
public enum Status {
    public static let ok: Int32 = 0
    public static let closed: Int32 = 1
    public static let timeout: Int32 = 2
    public static let null: Int32 = 3
    public static let handle: Int32 = 4
    public static let utf8: Int32 = 5
    public static let keyLocked: Int32 = 6
    public static let signerBad: Int32 = 7
    public static let signerTimeout: Int32 = 8
    public static let moreWork: Int32 = 9
    public static let noNetwork: Int32 = 10
    public static let panic: Int32 = 11
    /// `STORE.locked`: the store key was dropped; `unlock` gives it back.
    public static let storeLocked: Int32 = 1006
    /// `STORE.suspended`: `resume` first.
    public static let storeSuspended: Int32 = 1007
}
