package io.sereno.tck.report;

import java.util.Map;
import java.util.stream.Collectors;

/** A report as JSON, for tools, and as Markdown, for repositories. */
public final class ReportText {
    private ReportText() {}

    public static String json(Report report) {
        return "{\n  \"backend\": " + quoted(report.backend()) + ",\n  \"serverVersion\": "
                + quoted(report.serverVersion()) + ",\n  \"kitVersion\": " + quoted(report.kitVersion())
                + ",\n  \"javaVersion\": " + quoted(report.java()) + ",\n  \"seed\": " + report.seed()
                + ",\n  \"complete\": " + report.complete() + ",\n  \"rulesWithTests\": {\"spi\": "
                + report.scope().spi() + ", \"recipes\": " + report.scope().recipes() + ", \"elsewhere\": "
                + report.scope().elsewhere() + "},\n  \"grade\": "
                + quoted(report.grade().toString()) + ",\n  \"rules\": [\n"
                + report.rules().stream().map(ReportText::json).collect(Collectors.joining(",\n"))
                + "\n  ]\n}\n";
    }

    private static String json(Report.Line line) {
        return "    {\"id\": " + quoted(line.rule().id()) + ", \"level\": "
                + quoted(line.rule().must() ? "M" : "S") + ", \"half\": "
                + quoted(line.rule().inKit() ? "kit" : "suite") + ", \"kinds\": "
                + line.rule().kinds().stream()
                        .sorted()
                        .map(ReportText::quoted)
                        .collect(Collectors.joining(", ", "[", "]"))
                + ", \"verdict\": " + quoted(line.verdict().toString()) + ", \"evidence\": "
                + line.evidence().entrySet().stream()
                        .map(entry -> quoted(entry.getKey()) + ": " + entry.getValue())
                        .collect(Collectors.joining(", ", "{", "}"))
                + ", \"why\": " + quoted(line.why()) + ", \"tests\": "
                + line.tests().stream().map(ReportText::quoted).collect(Collectors.joining(", ", "[", "]"))
                + ", \"millis\": " + line.millis() + "}";
    }

    public static String quoted(String text) {
        StringBuilder quoted = new StringBuilder("\"");
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            switch (c) {
                case '"' -> quoted.append("\\\"");
                case '\\' -> quoted.append("\\\\");
                case '\n' -> quoted.append("\\n");
                default -> {
                    if (c < 0x20 || Character.isSurrogate(c)) {
                        quoted.append(String.format("\\u%04x", (int) c));
                    } else {
                        quoted.append(c);
                    }
                }
            }
        }
        return quoted.append('"').toString();
    }

    static String markdown(Report report) {
        StringBuilder text = new StringBuilder();
        text.append("# ")
                .append(report.backend())
                .append(": ")
                .append(report.grade())
                .append("\n\n");
        text.append("| | |\n|---|---|\n");
        text.append("| server | ").append(cell(report.serverVersion())).append(" |\n");
        text.append("| kit | ").append(cell(report.kitVersion())).append(" |\n");
        text.append("| Java | ").append(cell(report.java())).append(" |\n");
        text.append("| seed | ").append(report.seed()).append(" |\n");
        text.append("| rules with tests | ").append(report.scope()).append(" |\n");
        text.append("| verdicts | ").append(counts(report)).append(" |\n");
        if (!report.complete()) {
            text.append("\nNot every rule was run, so there is no grade.\n");
        }
        text.append("\n| rule | level | verdict | evidence | why |\n|---|---|---|---|---|\n");
        for (Report.Line line : report.rules()) {
            text.append("| ")
                    .append(line.rule().id())
                    .append(" | ")
                    .append(line.rule().level())
                    .append(" | ")
                    .append(line.verdict())
                    .append(" | ")
                    .append(evidence(line.evidence()))
                    .append(" | ")
                    .append(cell(line.why()))
                    .append(" |\n");
        }
        report.rules().stream()
                .filter(line -> !line.detail().isEmpty())
                .forEach(line -> text.append("\n## ")
                        .append(line.rule().id())
                        .append("\n\n```\n")
                        .append(line.detail())
                        .append("\n```\n"));
        return text.toString();
    }

    static String counts(Report report) {
        return report.counts().entrySet().stream()
                .map(entry -> entry.getValue() + " " + entry.getKey())
                .collect(Collectors.joining(", "));
    }

    static String evidence(Map<String, Long> evidence) {
        return evidence.entrySet().stream()
                .map(entry -> entry.getValue() + " " + entry.getKey())
                .collect(Collectors.joining(", "));
    }

    private static String cell(String text) {
        return text.replace("|", "\\|").replace("\n", " ");
    }
}
