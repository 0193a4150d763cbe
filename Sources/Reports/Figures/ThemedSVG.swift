import Foundation

/// A drawing of gnuplot's, made fit to stand in a page.
enum ThemedSVG {
  /// Takes the drawing `text` into a page: black becomes the color of the page's text and the
  /// colors of series become variables, so that they follow light and dark; names get `prefix`, so
  /// that drawings do not take each other's.
  static func inline(_ text: String, prefix: String, label: String) -> String {
    var body = text
    if let start = body.range(of: "<svg") { body = String(body[start.lowerBound...]) }
    for (old, new) in replacements(prefix) { body = body.replacing(old, with: new) }
    body = body.replacing(/<desc>[^<]*<\/desc>|<title>[^<]*<\/title>/, with: "")
    body = body.replacing(/<g [^<]*>\s*<\/g>\n?/, with: "")
    body = body.replacing(/\s*\n\s*/, with: "\n")
    return body.replacing(
      "<svg", with: "<svg role=\"img\" aria-label=\"\(label)\"", maxReplacements: 1)
  }

  private static func replacements(_ prefix: String) -> [(String, String)] {
    let series = Palette.series.enumerated().map { index, color in
      (gnuplotName(color), "var(--series-\(index + 1))")
    }
    return series + [
      ("color=\"black\"", ""), ("stroke=\"black\"", "stroke=\"currentColor\""),
      ("stroke='\(gnuplotName(Palette.Color(0)))'", ""), ("stroke='black'", ""),
      ("fill=\"black\"", "fill=\"currentColor\""),
      ("'gpDot'", "'\(prefix)-gpDot'"), ("'gpPt", "'\(prefix)-gpPt"),
      ("'#gpPt", "'#\(prefix)-gpPt"),
      ("'#gpDot'", "'#\(prefix)-gpDot'"), ("id='textbox'", "id='\(prefix)-textbox'"),
      ("id='greybox'", "id='\(prefix)-greybox'"), ("\"gnuplot_canvas\"", "\"\(prefix)-canvas\""),
      (" xmlns:xlink=\"http://www.w3.org/1999/xlink\"", ""),
      (" xmlns=\"http://www.w3.org/2000/svg\"", ""), ("xlink:href", "href"),
    ]
  }

  /// A color as gnuplot's drawings have it.
  private static func gnuplotName(_ color: Palette.Color) -> String {
    String(format: "rgb(%3d, %3d, %3d)", Int(color.red), Int(color.green), Int(color.blue))
  }
}
