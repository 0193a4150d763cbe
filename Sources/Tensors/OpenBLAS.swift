import Foundation

/// The routines of OpenBLAS that are called, with its 32-bit integers.
///
/// The library is loaded at the first call, not linked: it would start a thread for each processor
/// and take 128 MiB of address space for it before the program can tell it not to, and where the
/// system refuses them it tries again for ever. The environment tells it, and it is read on loading.
struct OpenBLAS: Sendable {
  typealias FloatProduct =
    @convention(c) (
      _ order: Int32, _ left: Int32, _ right: Int32, _ rows: Int32, _ columns: Int32,
      _ depth: Int32, Float, UnsafePointer<Float>, Int32, UnsafePointer<Float>, Int32, Float,
      UnsafeMutablePointer<Float>, Int32
    ) -> Void
  typealias DoubleProduct =
    @convention(c) (
      _ order: Int32, _ left: Int32, _ right: Int32, _ rows: Int32, _ columns: Int32,
      _ depth: Int32, Double, UnsafePointer<Double>, Int32, UnsafePointer<Double>, Int32, Double,
      UnsafeMutablePointer<Double>, Int32
    ) -> Void
  typealias TriangularSolve =
    @convention(c) (
      _ order: Int32, _ triangle: Int32, _ transposition: Int32, _ diagonal: Int32, _ size: Int32,
      UnsafePointer<Double>, Int32, UnsafeMutablePointer<Double>, Int32
    ) -> Void
  typealias Factorization =
    @convention(c) (
      _ triangle: UnsafePointer<CChar>, _ size: UnsafePointer<Int32>, UnsafeMutablePointer<Double>,
      _ leading: UnsafePointer<Int32>, _ info: UnsafeMutablePointer<Int32>
    ) -> Void

  // The values of CBLAS's enumerations.
  static let rowMajor: Int32 = 101
  static let (notTransposed, transposed): (Int32, Int32) = (111, 112)
  static let (lower, notUnit): (Int32, Int32) = (122, 131)

  let sgemm: FloatProduct
  let dgemm: DoubleProduct
  let dtrsv: TriangularSolve
  let dpotrf: Factorization

  private static let file = "libopenblas.so.0"
  private static let loaded = load()
  private static let buffers = CallBuffers()

  /// Calls `body` with the routines, which may be called on many threads at a time.
  ///
  /// Where the library cannot be loaded, or has no memory at all, the program ends with a message: as
  /// it would without a library that is linked, and as Swift ends one without memory for an array.
  static func call<Result>(_ body: (OpenBLAS) -> Result) -> Result {
    let library = loaded
    return buffers.use { body(library) }
  }

  /// The library, which makes no threads of its own; nil where it cannot be loaded.
  fileprivate static func open() -> UnsafeMutableRawPointer? {
    setenv("OPENBLAS_NUM_THREADS", "1", 1)
    return dlopen(file, RTLD_NOW | RTLD_LOCAL)
  }

  private static func load() -> OpenBLAS {
    guard let library = open() else { failLoading() }
    func routine<Routine>(_ name: String, _: Routine.Type) -> Routine {
      guard let address = dlsym(library, name) else { failLoading() }
      return unsafeBitCast(address, to: Routine.self)
    }
    // Another part of the program may have loaded it with more threads.
    routine("openblas_set_num_threads", (@convention(c) (Int32) -> Void).self)(1)
    return OpenBLAS(
      sgemm: routine("cblas_sgemm", FloatProduct.self),
      dgemm: routine("cblas_dgemm", DoubleProduct.self),
      dtrsv: routine("cblas_dtrsv", TriangularSolve.self),
      dpotrf: routine("dpotrf_", Factorization.self))
  }

  private static func failLoading() -> Never {
    let reason = dlerror().map { String(cString: $0) } ?? file
    fail(
      "cannot be loaded: \(reason); install it (Debian's package libopenblas0), or allow more memory "
        + "(ulimit -v)")
  }

  fileprivate static func fail(_ problem: String) -> Never {
    let text = "Error: OpenBLAS, the library of matrix products, \(problem)\n"
    try? FileHandle.standardError.write(contentsOf: Data(text.utf8))
    exit(1)
  }
}

/// The library OpenBLAS as it is installed.
package struct OpenBLASIdentity: Sendable {
  /// Its version and how it was built, such as `OpenBLAS 0.3.21 DYNAMIC_ARCH …`.
  package let build: String
  /// The processor whose routines it uses, such as `Haswell`, which `OPENBLAS_CORETYPE` may name.
  package let core: String

  /// Loads the library and asks it; nil where it cannot be loaded.
  package init?() {
    typealias Text = @convention(c) () -> UnsafePointer<CChar>?
    guard let library = OpenBLAS.open() else { return nil }
    func text(_ name: String) -> String {
      guard let address = dlsym(library, name) else { return "" }
      return unsafeBitCast(address, to: Text.self)().map { String(cString: $0) } ?? ""
    }
    build = text("openblas_get_config").trimmingCharacters(in: .whitespaces)
    core = text("openblas_get_corename")
  }
}

/// The buffers that OpenBLAS has made, one for each call at a time.
///
/// The library makes a buffer where none is free, and tries for ever where the system refuses the
/// memory. So a call that needs another buffer is made only where there is room for it, and waits
/// for the end of another call where there is none.
private final class CallBuffers: @unchecked Sendable {
  /// OpenBLAS's buffer, and what others may take meanwhile.
  private static let roomForOne = 192 << 20
  /// OpenBLAS has no fewer.
  private static let maximumCount = 48

  private let condition = NSCondition()
  private var count = 0
  private var busyCount = 0

  func use<Result>(_ body: () -> Result) -> Result {
    condition.lock()
    while busyCount == count {
      if count < Self.maximumCount, Self.hasRoom {
        defer { condition.unlock() }
        count += 1
        condition.signal()
        // Nobody else looks for room until this call has made its buffer.
        return body()
      }
      if busyCount == 0 { OpenBLAS.fail(Self.problem) }
      condition.wait()
    }
    busyCount += 1
    condition.unlock()
    defer {
      condition.withLock {
        busyCount -= 1
        condition.signal()
      }
    }
    return body()
  }

  private static var hasRoom: Bool {
    guard
      let memory = mmap(
        nil, roomForOne, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0),
      memory != MAP_FAILED
    else { return false }
    munmap(memory, roomForOne)
    return true
  }

  private static let problem =
    "needs \(roomForOne >> 20) MiB of memory, which the system refuses; allow more (ulimit -v, or the "
    + "limit of the container)"
}
