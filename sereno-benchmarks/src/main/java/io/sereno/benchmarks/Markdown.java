package io.sereno.benchmarks;

import io.sereno.benchmarks.Results.Cell;
import io.sereno.benchmarks.Results.Measured;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/** The results as tables. */
final class Markdown {
    private Markdown() {}

    static String of(Results results) {
        StringBuilder page = new StringBuilder();
        page.append("```\n").append(results.command()).append("\n```\n\n");
        results.about()
                .forEach((name, value) -> page.append("- ")
                        .append(name)
                        .append(": ")
                        .append(value)
                        .append('\n'));
        page.append('\n').append(overview(results)).append('\n').append(details(results));
        return page.toString();
    }

    /** A line for each row and size, a column for each store: Sereno, the best peer, the ratio, the target. */
    private static String overview(Results results) {
        List<String> stores =
                results.cells().stream().map(Cell::store).distinct().toList();
        Map<String, Map<String, Cell>> lines = new LinkedHashMap<>();
        for (Cell cell : results.cells()) {
            lines.computeIfAbsent(title(cell), unused -> new LinkedHashMap<>()).put(cell.store(), cell);
        }
        StringBuilder table = new StringBuilder("| row | ")
                .append(String.join(" | ", stores))
                .append(" |\n|---|")
                .append("---|".repeat(stores.size()))
                .append('\n');
        lines.forEach((title, cells) -> {
            table.append("| ").append(title);
            for (String store : stores) {
                table.append(" | ")
                        .append(Optional.ofNullable(cells.get(store))
                                .map(Markdown::comparison)
                                .orElse("–"));
            }
            table.append(" |\n");
        });
        List<Cell> judged =
                results.cells().stream().filter(cell -> cell.met().isPresent()).toList();
        if (!judged.isEmpty()) {
            long met = judged.stream().filter(cell -> cell.met().orElseThrow()).count();
            table.append("\n")
                    .append(met)
                    .append(" of ")
                    .append(judged.size())
                    .append(" targets are met. A ratio above 1 means that Sereno is better.\n");
        }
        return table.toString();
    }

    private static String title(Cell cell) {
        return cell.row()
                + (cell.size() > 1 && !cell.row().startsWith("W") ? " " + whole(cell.size()) : "")
                + " "
                + cell.what()
                + ", "
                + cell.figure().unit;
    }

    private static String comparison(Cell cell) {
        StringBuilder text = new StringBuilder();
        text.append(cell.sereno().map(Markdown::value).orElse("–"));
        cell.bestPeer()
                .ifPresent(peer -> text.append(" : ")
                        .append(value(peer))
                        .append(" (")
                        .append(peer.subject())
                        .append(")"));
        cell.ratio()
                .ifPresent(ratio -> text.append(" = **").append(number(ratio)).append("**"));
        Double target = cell.target();
        if (target != null && cell.met().isPresent()) {
            text.append(", target ").append(number(target)).append(cell.met().orElseThrow() ? " ✓" : " missed");
        }
        return text.toString();
    }

    private static String value(Measured measured) {
        return measured.values().isEmpty()
                ? "failed"
                : number(measured.reached().median());
    }

    /** A line for each contestant, the floor included. */
    private static String details(Results results) {
        StringBuilder table = new StringBuilder(
                "| row | store | system | median | least to most | requests each | server µs each | p50 to p99, ms |"
                        + " heap KiB | threads | server MiB | jars | wrong, and what else was measured |\n"
                        + "|"
                        + "---|".repeat(13)
                        + "\n");
        for (Cell cell : results.cells()) {
            for (Measured measured : cell.measured()) {
                table.append(line(
                        cell.row() + (cell.size() > 1 ? " " + whole(cell.size()) : ""),
                        cell.store(),
                        measured.system() + ", " + measured.subject(),
                        value(measured) + " " + cell.figure().unit,
                        measured.values().isEmpty()
                                ? "–"
                                : number(measured.reached().least()) + " to "
                                        + number(measured.reached().most()),
                        figure(measured, "requests per operation", 1),
                        figure(measured, "server µs per operation", 1),
                        measured.figure("p50").isEmpty()
                                ? "–"
                                : figure(measured, "p50", 1) + " to " + figure(measured, "p99", 1),
                        figure(measured, "heap bytes", 1024),
                        figure(measured, "threads", 1),
                        figure(measured, "server bytes", 1 << 20),
                        figure(measured, "jars", 1) + " (" + figure(measured, "jars MB", 1) + " MB)",
                        remarks(measured)));
            }
        }
        return table.toString();
    }

    private static String line(String... cells) {
        return "| " + String.join(" | ", cells) + " |\n";
    }

    private static String figure(Measured measured, String name, double unit) {
        return measured.figure(name).map(value -> number(value / unit)).orElse("–");
    }

    private static String remarks(Measured measured) {
        List<String> remarks = new ArrayList<>();
        String failure = measured.failure();
        if (failure != null) {
            remarks.add("**failed**: " + failure.replace('|', '/'));
        }
        measured.faults().forEach(fault -> remarks.add("**" + fault.replace('|', '/') + "**"));
        Map<String, String> shown = new LinkedHashMap<>();
        shown.put("fairness", "fairness");
        shown.put("gave up", "gave up");
        shown.put("behind", "ms behind");
        shown.put("looks", "looks a second");
        shown.put("requests per second while held", "requests a second while held");
        shown.put("of the rate alone", "of the rate alone");
        shown.put("neighbours per second", "cycles a second of all neighbours together");
        shown.put("client bytes each", "bytes each in the client");
        shown.put("server bytes each", "bytes each in the server");
        shown.forEach((name, text) -> measured.figure(name)
                .filter(value -> value != 0 && !(name.equals("fairness") && value > 0.999))
                .ifPresent(value -> remarks.add(number(value) + " " + text)));
        return remarks.stream().collect(Collectors.joining("; "));
    }

    private static String whole(long number) {
        return String.format(Locale.ROOT, "%,d", number);
    }

    /** Three digits are enough for figures that vary from run to run. */
    static String number(double value) {
        double size = Math.abs(value);
        if (size >= 100 || value == Math.rint(value)) {
            double unit = Math.pow(10, Math.max(0, Math.floor(Math.log10(Math.max(1, size))) - 2));
            return whole((long) (Math.round(value / unit) * unit));
        }
        return String.format(Locale.ROOT, size >= 10 ? "%.1f" : "%.2f", value);
    }
}
