extension Run {
  /// Members against the ensemble, a line for each corruption.
  func memberDots() -> Figure? {
    let members = predictors.filter { $0.hasPrefix("member-") }
    guard !members.isEmpty, !corruptions.isEmpty else { return nil }
    let (shown, calibration) = ([mainPredictor] + members, calibrations[0])
    let names = [Self.clean] + corruptions
    let values = shown.map { predictor in
      names.map { name in
        mean(
          "accuracy", over: cells(of: [name], severities: name == Self.clean ? [0] : severities),
          predictor: predictor, calibration: calibration)
      }
    }
    var data = DataTable([("corruption", .name)] + shown.map { ($0, .share) })
    for (place, name) in names.enumerated() { data.append([name], values.map { $0[place] }) }
    let gains = values.map { own in
      names.indices.map { place -> Double? in
        let mean = Self.mean(values.dropFirst().map { $0[place] })
        return own[place].flatMap { value in mean.map { 100 * (value - $0) } }
      }
    }
    return Figure(
      name: "member-dots", title: "Members against the ensemble",
      reading:
        "Mean accuracy over the severities of each corruption, and how far it lies from the "
        + "members' mean. The further the ensemble lies to the right of its members, the more they "
        + "complement each other there.",
      panels: [
        .dots("accuracy", title: "accuracy", rows: names, x: "share of images", values: values),
        .dots(
          "gain", title: "difference to their mean", rows: names, x: "points",
          values: gains),
      ], across: (two: 2, one: 1), legend: shown, data: data)
  }

  /// The temperature that each cell would have liked against the one that it got.
  func temperatureDots() -> Figure? {
    guard !corruptions.isEmpty, calibrations.contains("oracle"),
      calibrations.contains("temperature"),
      let given = cells[[Self.clean, "0", mainPredictor, "temperature"], "temperature"]?.value
    else { return nil }
    let names = [Self.clean] + corruptions
    let levels = [0] + severities
    func liked(_ name: String, _ severity: Int) -> Double? {
      cells[[name, "\(severity)", mainPredictor, "oracle"], "temperature"]?.value
    }
    var data = DataTable([
      ("corruption", .name), ("severity", .name), ("predictor", .name), ("got", .figure),
      ("liked", .figure),
    ])
    for name in names {
      for severity in name == Self.clean ? [0] : severities {
        data.append(
          [name, "\(severity)", mainPredictor],
          [
            cells[[name, "\(severity)", mainPredictor, "temperature"], "temperature"]?.value,
            liked(name, severity),
          ])
      }
    }
    let values = levels.map { severity in
      names.map { ($0 == Self.clean) == (severity == 0) ? liked($0, severity) : nil }
    }
    return Figure(
      name: "temperature-dots", title: "The temperature each cell would have liked",
      reading:
        "Points are temperatures fitted on the cell itself (a bound, not a result); the dashed "
        + "line is the one fitted on clean images, which every cell got. Points to its right: the "
        + "network stays too sure there after calibration.",
      panels: [
        .dots(
          "temperatures", title: "temperature", rows: names, x: "T (logarithmic)", values: values,
          reference: given, isLogarithmic: true)
      ], across: (two: 1, one: 1), legend: levels.map { $0 == 0 ? "clean" : "severity \($0)" },
      data: data)
  }
}
