import Foundation
import Synchronization

/// Makes each element of a sequence in the background while the one before it is used.
package enum Ahead {
  /// Calls `use` with the results of `make` for `0..<count`, in order.
  ///
  /// `make` runs on another thread, one call at a time, while the result before is used.
  ///
  /// - Throws: what `make` or `use` throws first, after the last call of `make` has returned.
  package static func forEach<Element: Sendable>(
    _ count: Int, make: @escaping @Sendable (Int) throws -> Element,
    use: (Int, Element) throws -> Void
  ) throws {
    guard count > 0 else { return }
    var next = Pending { try make(0) }
    defer { _ = try? next.result() }
    for index in 0..<count {
      let element = try next.result()
      if index + 1 < count { next = Pending { try make(index + 1) } }
      try use(index, element)
    }
  }
}

/// Elements that are made in the background, each while the one before it is used.
package final class ElementsAhead<Element: Sendable> {
  private let make: @Sendable () throws -> Element?
  private var pending: Pending<Element?>

  /// - Parameter make: The next element, nil after the last; it is called on other threads, one call at a
  ///   time, at once for the first.
  package init(_ make: @escaping @Sendable () throws -> Element?) {
    self.make = make
    pending = Pending(make)
  }

  /// Waits until a call of `make` that has begun has returned.
  deinit { _ = try? pending.result() }

  /// The next element, nil after the last.
  ///
  /// - Throws: what `make` threw.
  package func next() throws -> Element? {
    guard let element = try pending.result() else { return nil }
    pending = Pending(make)
    return element
  }
}

/// A value that is being made on a thread of its own, or on the caller's where the system refuses one.
private final class Pending<Value: Sendable>: Sendable {
  private let outcome = Mutex<Result<Value, any Error>?>(nil)
  private let end = NSCondition()

  init(_ make: @escaping @Sendable () throws -> Value) {
    let work: @Sendable () -> Void = { [self] in
      let result = Result { try make() }
      end.withLock {
        outcome.withLock { $0 = result }
        end.broadcast()
      }
    }
    if !SystemThread.start(work) { work() }
  }

  /// Waits for the value.
  ///
  /// - Throws: what making it threw.
  func result() throws -> Value {
    end.lock()
    defer { end.unlock() }
    while true {
      if let outcome = outcome.withLock({ $0 }) { return try outcome.get() }
      end.wait()
    }
  }
}
