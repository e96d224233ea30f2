package io.sereno.tck.rules;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The rules as in {@code docs/spec.md}; the kit's jar contains a copy of that file. */
public final class Specification {
    private static final Pattern HEAD =
            Pattern.compile("^\\*\\*([A-Z]+-\\d+[a-z]?)\\*\\* · ([MS]) · ([dhftl](?:, [dhftl])*)(?: · (kit|suite))?$");
    private static final Pattern PARTS = Pattern.compile("\\*(Intent|Untested|Also tested by|No mutant):\\*");

    private static final Set<String> OF_RECIPES = Set.of(
            "REC", "LCK", "RWL", "MLK", "SEM", "SLT", "LDR", "SCH", "CTR", "SHV", "SHM", "WGP", "BAR", "IDS", "TOP",
            "MEM", "OPR");

    private static final Specification SHIPPED = parse(shippedLines());

    /**
     * One rule.
     *
     * @param id its number
     * @param must whether it is a MUST, else a SHOULD
     * @param kinds letters of the kinds of verification
     * @param inKit whether the kit tests it; false if it is marked {@code suite}
     * @param claim what it says
     * @param intent why
     * @param untested why no test can decide it, or all of it; empty if one can
     * @param alsoTestedBy test classes of other modules
     * @param noMutant why there is no mutant that breaks it
     */
    public record Entry(
            String id,
            boolean must,
            Set<String> kinds,
            boolean inKit,
            String claim,
            String intent,
            String untested,
            String alsoTestedBy,
            String noMutant) {
        /** Whether it is about a recipe, and not about the SPI. */
        public boolean isOfRecipes() {
            return OF_RECIPES.contains(id.substring(0, id.indexOf('-')));
        }

        public boolean needsFaults() {
            return kinds.contains("f");
        }

        public String level() {
            return must ? "MUST" : "SHOULD";
        }
    }

    private final Map<String, Entry> rules;

    private Specification(Map<String, Entry> rules) {
        this.rules = rules;
    }

    public static Specification shipped() {
        return SHIPPED;
    }

    public Collection<Entry> rules() {
        return rules.values();
    }

    @Nullable
    public Entry find(String id) {
        return rules.get(id);
    }

    public Entry rule(String id) {
        Entry rule = rules.get(id);
        if (rule == null) {
            throw new IllegalArgumentException("the specification has no rule " + id);
        }
        return rule;
    }

    public static Specification parse(List<String> lines) {
        Map<String, Entry> rules = new LinkedHashMap<>();
        for (int i = 0; i < lines.size(); i++) {
            Matcher head = HEAD.matcher(lines.get(i));
            if (head.matches()) {
                StringBuilder text = new StringBuilder();
                for (int j = i + 1; j < lines.size() && !lines.get(j).isEmpty(); j++) {
                    text.append(lines.get(j)).append(' ');
                }
                Entry rule = entry(head, text.toString());
                if (rules.put(rule.id(), rule) != null) {
                    throw new IllegalArgumentException("rule " + rule.id() + " is there twice");
                }
            }
        }
        return new Specification(Collections.unmodifiableMap(rules));
    }

    private static Entry entry(Matcher head, String text) {
        Map<String, String> parts = new LinkedHashMap<>();
        Matcher part = PARTS.matcher(text);
        String current = "Claim";
        int from = 0;
        while (part.find()) {
            parts.put(current, text.substring(from, part.start()).trim());
            current = part.group(1);
            from = part.end();
        }
        parts.put(current, text.substring(from).trim());
        return new Entry(
                head.group(1),
                head.group(2).equals("M"),
                Set.of(head.group(3).split(", ", -1)),
                !"suite".equals(head.group(4)),
                parts.getOrDefault("Claim", ""),
                parts.getOrDefault("Intent", ""),
                parts.getOrDefault("Untested", ""),
                parts.getOrDefault("Also tested by", ""),
                parts.getOrDefault("No mutant", ""));
    }

    private static List<String> shippedLines() {
        try (InputStream file = Specification.class.getResourceAsStream("/io/sereno/tck/spec.md")) {
            if (file == null) {
                throw new IllegalStateException("spec.md is missing beside the classes of the kit; its jar has it");
            }
            try (BufferedReader reader = new BufferedReader(new InputStreamReader(file, UTF_8))) {
                return reader.lines().toList();
            }
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read spec.md of the kit", e);
        }
    }
}
