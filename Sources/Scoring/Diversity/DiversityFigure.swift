/// A figure of how differently two members err: its column in `diversity.csv`, in column order.
///
/// Columns may be added at the end and never change places.
public enum DiversityFigure: String, CaseIterable, Sendable {
  /// Rows that one member gets wrong for each row that both do (Aksela 2003).
  case ratioOfErrors = "ratio_of_errors"
  /// Share of rows that just one member gets right (Skalak 1996).
  case disagreement
  /// Share of rows that both get wrong (Giacinto and Roli 2001).
  case doubleFault = "double_fault"
}
