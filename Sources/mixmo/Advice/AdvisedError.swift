/// An error that says what to do about it.
///
/// The libraries say what is wrong: the file, the place, what was expected and found. What a user of the
/// command does then is said here, for each case that does not say it itself.
protocol AdvisedError: Error {
  /// What to do, as an imperative; nil where the error's own message ends in it.
  var advice: String? { get }
}

extension AdvisedError {
  /// A message about the error that ends in what to do: on a line of its own where the message ends in
  /// what a program said.
  func message(_ text: String) -> String {
    advice.map { text + (text.contains("\n") ? "\n" : "; ") + $0 } ?? text
  }
}

extension Error {
  /// The message of the error, which ends in what to do.
  var messageWithAdvice: String {
    (self as? any AdvisedError)?.message("\(self)") ?? "\(self)"
  }
}

/// What is said of many errors.
enum CommonAdvice {
  /// Of a file that is cut short, or whose bytes are others than were written.
  static let damagedFile = "the file is damaged or incomplete: copy or download it again"
  /// Of a file that another program wrote, in a form that is not read.
  static let otherForm = "save it in another form"
  /// Of a folder of results that somebody changed.
  static let changedResults = "make it again with mixmo score RUN, or restore it"
  /// Of what only a fault of the program can bring about.
  static let fault = "this is a fault of mixmo: report it with the output of mixmo doctor"
}
