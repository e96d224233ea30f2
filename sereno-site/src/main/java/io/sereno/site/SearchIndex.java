package io.sereno.site;

import io.sereno.tck.report.ReportText;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** What search.js looks into: one entry for each section of a document, and for each type of the Javadoc. */
final class SearchIndex {
    private final List<String> entries = new ArrayList<>();

    /** @param page relative to the root of the site, with its anchor */
    void add(String document, String heading, String page, String text) {
        entries.add("[" + ReportText.quoted(document) + "," + ReportText.quoted(heading) + "," + ReportText.quoted(page)
                + "," + ReportText.quoted(text) + "]");
    }

    void writeTo(Path file) throws IOException {
        Files.writeString(file, "searchIndex([\n" + String.join(",\n", entries) + "\n]);\n");
    }
}
