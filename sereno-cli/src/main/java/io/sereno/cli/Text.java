package io.sereno.cli;

import io.sereno.spi.Names;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/** What is printed. Names may contain anything, so none reaches a terminal as it is. */
final class Text {
    private Text() {}

    static String printable(String text) {
        return Names.printable(text);
    }

    /** In columns, without a head; the last column is not padded. */
    static List<String> columns(List<List<String>> rows) {
        List<Integer> widths = new ArrayList<>();
        for (List<String> row : rows) {
            for (int i = 0; i < row.size(); i++) {
                int width = printable(row.get(i)).length();
                if (i == widths.size()) {
                    widths.add(width);
                } else {
                    widths.set(i, Math.max(widths.get(i), width));
                }
            }
        }
        List<String> lines = new ArrayList<>();
        for (List<String> row : rows) {
            StringBuilder line = new StringBuilder();
            for (int i = 0; i < row.size(); i++) {
                String cell = printable(row.get(i));
                line.append(cell);
                if (i < row.size() - 1) {
                    line.append(" ".repeat(widths.get(i) - cell.length() + 2));
                }
            }
            lines.add(line.toString().stripTrailing());
        }
        return lines;
    }

    /** A time that has passed, by the clocks of two machines, so it may be a little wrong. */
    static String ago(Instant since, Instant now) {
        return duration(Duration.between(since, now));
    }

    static String duration(Duration length) {
        long seconds = Math.max(0, length.toSeconds());
        if (seconds >= 86_400) {
            return seconds / 86_400 + "d" + seconds % 86_400 / 3_600 + "h";
        } else if (seconds >= 3_600) {
            return seconds / 3_600 + "h" + seconds % 3_600 / 60 + "m";
        }
        return seconds >= 60 ? seconds / 60 + "m" + seconds % 60 + "s" : seconds + "s";
    }
}
