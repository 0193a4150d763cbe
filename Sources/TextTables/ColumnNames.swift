/// What the names of columns say about them.
enum ColumnNames {
  /// What a column holds, by its name, if it is no class.
  struct Meaning {
    /// The reason, for messages.
    let reason: String
    /// Whether such a column can only hold whole numbers, or text.
    let isWhole: Bool
    /// Whether it measures a whole row, in numbers of any kind.
    let isMeasure: Bool
  }

  /// What a column of this name holds, if it is no class: nil if it may be one.
  ///
  /// - Parameters:
  ///   - name: The name.
  ///   - names: The names of all columns; `no` beside `yes` is a class.
  /// - Returns: The meaning; nil for a name that tells nothing.
  static func meaning(of name: String, among names: [String]? = nil) -> Meaning? {
    let word = normalized(name)
    if let names, let opposites = opposites[word],
      names.contains(where: { opposites.contains(normalized($0)) })
    {
      return nil
    }
    func meaning(
      _ reason: String, isWhole: Bool = false, isMeasure: Bool = false
    ) -> Meaning {
      Meaning(reason: reason, isWhole: isWhole, isMeasure: isMeasure)
    }
    if word.isEmpty { return meaning("may number the rows") }
    if labels.contains(word) { return meaning("is named as labels are") }
    if classes.contains(word) {
      return meaning("is named as predicted classes are", isWhole: true)
    }
    if predictions.contains(word) { return meaning("is named as predicted classes are") }
    if measures.contains(word) {
      return meaning("is named as a measure of the whole row is", isMeasure: true)
    }
    if rows.contains(word) { return meaning("is named as row names are", isWhole: true) }
    return word.hasPrefix("unnamed") ? meaning("is named as row names are") : nil
  }

  /// Whether a column of this name holds the labels.
  static func isLabel(_ name: String) -> Bool { labels.contains(normalized(name)) }

  /// The names if they count classes in another order than from the left, such as `c1, c0` or, in the
  /// order of texts, `c0, c1, c10, c2`: from 0 or 1 on, with the same text around each number.
  static func areOutOfOrder(_ names: [String]) -> Bool {
    var numbers: [Int] = []
    var frame: (Substring.UTF8View, Substring.UTF8View)?
    for name in names.map(\.utf8) {
      let before = name.prefix { !$0.isDigit }
      let digits = name[before.endIndex...].prefix(while: \.isDigit)
      guard let number = Int(String(decoding: digits, as: UTF8.self)) else { return false }
      let after = name[digits.endIndex...]
      if let frame, !frame.0.elementsEqual(before) || !frame.1.elementsEqual(after) {
        return false
      }
      frame = (before, after)
      numbers.append(number)
    }
    let sorted = numbers.sorted()
    return numbers != sorted && sorted.map(Double.init).areCounting
  }

  /// The letters and digits of a name, in lower case: `True label` and `true_label` are one.
  private static func normalized(_ name: String) -> String {
    name.lowercased().filter { $0.isLetter || $0.isNumber || $0 == "#" || !$0.isASCII }
  }

  /// What stands beside words for rows or labels where they are classes.
  private static let opposites: [String: Set<String>] = [
    "no": ["yes"], "y": ["n"], "correct": ["incorrect", "wrong", "false", "error"],
    "target": ["nontarget", "distractor", "background", "other"],
    "image": ["text", "audio", "video"], "images": ["texts", "audios", "videos"],
    "file": ["folder", "directory"], "row": ["column"],
  ]

  private static let labels: Set = [
    "label", "labels", "labelid", "labelidx", "labelindex", "class", "classes", "classid",
    "classidx", "classindex", "classlabel", "target", "targets", "y", "ytrue", "ytest", "yval",
    "truelabel", "truelabels", "trueclass", "truth", "groundtruth", "gt", "gtlabel", "goldlabel",
  ]

  private static let classes: Set = [
    "predictedlabel", "predictedclass", "predlabel", "predclass", "argmax", "correct", "iscorrect",
  ]

  private static let predictions: Set = [
    "prediction", "predictions", "pred", "preds", "predicted", "ypred", "yhat",
  ]

  private static let measures: Set = [
    "confidence", "confidences", "conf", "maxprob", "msp", "loss", "losses", "nll", "crossentropy",
    "entropy", "uncertainty", "margin", "severity", "seed", "epoch", "weight", "timestamp",
  ]

  private static let rows: Set = [
    "id", "ids", "idx", "index", "indices", "#", "no", "nr", "row", "rows", "rowid", "rownum",
    "rownumber", "rowname", "rownames", "level0", "sample", "samples", "sampleid", "sampleidx",
    "sampleindex", "image", "images", "imageid", "imageidx", "imageindex", "imagename", "imagepath",
    "imgid", "imgname", "imgpath", "img", "file", "files", "filename", "filenames", "filepath",
    "fname", "path", "paths", "uid", "uuid", "guid", "split", "fold", "exampleid", "instanceid",
  ]
}
