package io.sereno;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** {@code docs/spec.md} is well-formed, and the Javadoc cites no rule that it does not have. */
class SpecificationTest {
    private static final String ID =
            "(?:READ|COM|VAL|NAM|DIR|LEA|WAT|OUT|LIF|CFG|REC|LCK|RWL|MLK|SEM|SLT|LDR|SCH|CTR|SHV|SHM|WGP|BAR|IDS|TOP|MEM|OPR)-\\d+[a-z]?";
    private static final Pattern HEAD = Pattern.compile("^\\*\\*(.+?)\\*\\* · (.*)$");
    private static final Pattern KINDS = Pattern.compile("[MS] · [dhftl](, [dhftl])*");
    private static final Pattern KINDS_AND_MARK = Pattern.compile(KINDS + " · (kit|suite)");
    private static final Pattern OF_RECIPES =
            Pattern.compile("(REC|LCK|RWL|MLK|SEM|SLT|LDR|SCH|CTR|SHV|SHM|WGP|BAR|IDS|TOP|MEM|OPR)-.*");
    private static final Pattern CITATION = Pattern.compile("\\b" + ID + "\\b");

    private final List<String> lines = Files.readAllLines(Path.of("../docs/spec.md"));

    SpecificationTest() throws IOException {}

    @Test
    void everyRuleHasAUniqueNumberALevelAndItsKinds() {
        Set<String> seen = new LinkedHashSet<>();
        for (Rule rule : rules()) {
            assertThat(rule.id()).matches(ID);
            assertThat(seen.add(rule.id())).as(rule.id() + " is there once").isTrue();
            assertThat(rule.kinds())
                    .as(rule.id())
                    .matches(OF_RECIPES.matcher(rule.id()).matches() ? KINDS_AND_MARK : KINDS);
        }
        assertThat(seen).hasSizeGreaterThan(100);
    }

    @Test
    void everyRuleUsesTheWordOfItsLevelAndHasAnIntent() {
        for (Rule rule : rules()) {
            assertThat(rule.text()).as(rule.id()).containsOnlyOnce("*Intent:*");
            String claim = rule.text().substring(0, rule.text().indexOf("*Intent:*"));
            if (rule.kinds().startsWith("M")) {
                assertThat(claim).as(rule.id()).contains("MUST").doesNotContain("SHOULD");
            } else {
                assertThat(claim).as(rule.id()).contains("SHOULD").doesNotContain("MUST");
            }
        }
    }

    @Test
    void aNumberIsEitherOneRuleOrSplitByLettersFromA() {
        Set<String> ids = ids();
        for (String id : ids) {
            char letter = id.charAt(id.length() - 1);
            if (Character.isLetter(letter)) {
                String number = id.substring(0, id.length() - 1);
                assertThat(ids).doesNotContain(number);
                assertThat(letter == 'a' || ids.contains(number + (char) (letter - 1)))
                        .as(id)
                        .isTrue();
            }
        }
    }

    @Test
    void citedRulesExist() throws IOException {
        Set<String> ids = ids();
        Set<String> cited = citedIn(lines);
        try (Stream<Path> sources = Files.walk(Path.of("src/main/java"))) {
            for (Path source : sources.filter(Files::isRegularFile).toList()) {
                cited.addAll(citedIn(Files.readAllLines(source)));
            }
        }
        assertThat(cited)
                .isNotEmpty()
                .allSatisfy(id -> assertThat(ids.contains(id) || ids.contains(id + "a"))
                        .as(id)
                        .isTrue());
    }

    private static Set<String> citedIn(List<String> lines) {
        Set<String> cited = new LinkedHashSet<>();
        for (String line : lines) {
            Matcher citation = CITATION.matcher(line);
            while (citation.find()) {
                cited.add(citation.group());
            }
        }
        return cited;
    }

    private Set<String> ids() {
        Set<String> ids = new LinkedHashSet<>();
        rules().forEach(rule -> ids.add(rule.id()));
        return ids;
    }

    private record Rule(String id, String kinds, String text) {}

    private List<Rule> rules() {
        Stream.Builder<Rule> rules = Stream.builder();
        for (int i = 0; i < lines.size(); i++) {
            Matcher head = HEAD.matcher(lines.get(i));
            if (head.matches()) {
                StringBuilder text = new StringBuilder();
                for (int j = i + 1; j < lines.size() && !lines.get(j).isEmpty(); j++) {
                    text.append(lines.get(j)).append(' ');
                }
                rules.add(new Rule(head.group(1), head.group(2), text.toString()));
            }
        }
        return rules.build().toList();
    }
}
