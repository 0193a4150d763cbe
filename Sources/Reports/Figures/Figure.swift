/// A picture of one or several panels, and the numbers that it shows.
struct Figure: Sendable {
  /// The name of its files: lowercase letters, digits and dashes.
  let name: String
  let title: String
  /// A sentence that says how to read it.
  let reading: String
  /// At least one, each with something to draw.
  let panels: [Panel]
  /// How many panels stand beside each other in the width of two columns of a page, and of one.
  let across: (two: Int, one: Int)
  /// What lines and points of the panels stand for; the same in all of them.
  let legend: [String]
  let data: DataTable

  /// A figure of those of `panels` that have a point to draw; nil where none has.
  init?(
    name: String, title: String, reading: String, panels: [Panel], across: (two: Int, one: Int),
    legend: [String] = [], data: DataTable
  ) {
    let panels = panels.filter(\.hasPoints)
    guard !panels.isEmpty else { return nil }
    self.name = name
    self.title = title
    self.reading = reading
    self.panels = panels
    self.across = across
    self.legend = legend
    self.data = data
  }
}

/// The width that a figure is laid out for, in CSS pixels.
enum FigureWidth: String, CaseIterable, Sendable {
  /// One column of a paper, 3.5 inches, or a telephone.
  case one = "1-column"
  /// Two columns, 7.16 inches.
  case two = "2-column"

  static let pixelsPerInch = 97.0

  var inches: Double { self == .one ? 3.5 : 7.16 }
  var pixels: Double { (inches * Self.pixelsPerInch).rounded() }
}
