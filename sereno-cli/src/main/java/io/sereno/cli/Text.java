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

    /** How many columns of a terminal this takes: most characters of East Asia and pictures take two, and marks on another character none. */
    static int width(String text) {
        return text.codePoints().map(Text::width).sum();
    }

    /** As much of the beginning as fits into so many columns. */
    static String begin(String text, int columns) {
        int end = 0;
        int left = columns;
        while (end < text.length()) {
            int c = text.codePointAt(end);
            left -= width(c);
            if (left < 0) {
                break;
            }
            end += Character.charCount(c);
        }
        return text.substring(0, end);
    }

    private static int width(int c) {
        int type = Character.getType(c);
        if (type == Character.NON_SPACING_MARK || type == Character.ENCLOSING_MARK || type == Character.FORMAT) {
            return 0;
        }
        // The wide ranges of Unicode's EastAsianWidth.txt, without those of single symbols; the JDK does not have that
        // property.
        boolean wide = c >= 0x1100
                && (c <= 0x115F // Hangul that begins a syllable
                        || (c >= 0x2E80 && c <= 0xA4CF && c != 0x303F) // CJK, Kana, Yi
                        || (c >= 0xA960 && c <= 0xA97F) // more of Hangul
                        || (c >= 0xAC00 && c <= 0xD7A3) // syllables of Hangul
                        || (c >= 0xF900 && c <= 0xFAFF) // CJK for compatibility
                        || (c >= 0xFE30 && c <= 0xFE6F) // CJK punctuation
                        || (c >= 0xFF00 && c <= 0xFF60) // full width
                        || (c >= 0xFFE0 && c <= 0xFFE6)
                        || (c >= 0x16FE0 && c <= 0x1B2FF) // Tangut, more of Kana
                        || (c >= 0x1F300 && c <= 0x1F64F) // pictures
                        || (c >= 0x1F680 && c <= 0x1F6FF)
                        || (c >= 0x1F900 && c <= 0x1FAFF)
                        || (c >= 0x20000 && c <= 0x3FFFD)); // more of CJK
        return wide ? 2 : 1;
    }

    /** In columns, without a head; the last column is not padded. */
    static List<String> columns(List<List<String>> rows) {
        List<Integer> widths = new ArrayList<>();
        for (List<String> row : rows) {
            for (int i = 0; i < row.size(); i++) {
                int width = width(printable(row.get(i)));
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
                    line.append(" ".repeat(widths.get(i) - width(cell) + 2));
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
