import Formats
import Testing

@Suite struct ShortNamesTests {
  private static let names = [
    "accuracy", "accuracy_top5", "nll", "ece", "ece_smooth", "auroc_misclassification",
    "aupr_error", "aupr_success", "calibration_loss", "refinement_loss",
  ]

  @Test(arguments: [
    ("accuracy", "accuracy"), ("ece", "ece"), ("auroc", "auroc_misclassification"),
    ("AUROC", "auroc_misclassification"), ("NLL", "nll"), ("ece-smooth", "ece_smooth"),
    ("top5", "accuracy_top5"), ("smooth", "ece_smooth"), ("ref", "refinement_loss"),
    ("aupr_e", "aupr_error"),
  ])
  func `a name may be shortened where no other begins so`(text: String, name: String) {
    #expect(ShortNames.meaning(of: text, among: Self.names) == .name(name))
  }

  @Test func `what means several names means none`() {
    #expect(
      ShortNames.meaning(of: "aupr", among: Self.names)
        == .several(["aupr_error", "aupr_success"]))
    #expect(
      ShortNames.meaning(of: "loss", among: Self.names)
        == .several(["calibration_loss", "refinement_loss"]))
    #expect(
      ShortNames.meaning(of: "a", among: Self.names)
        == .several(Self.names.filter { $0.hasPrefix("a") }))
    for text in ["", "_", "los", "accuracies", "é"] {
      #expect(ShortNames.meaning(of: text, among: Self.names) == .nothing, "\(text)")
    }
  }

  @Test func `the whole name comes before what begins with it, in its own letters first`() {
    #expect(ShortNames.meaning(of: "B", among: ["b", "B"]) == .name("B"))
    #expect(ShortNames.meaning(of: "BC", among: ["bc", "bcd"]) == .name("bc"))
  }
}
