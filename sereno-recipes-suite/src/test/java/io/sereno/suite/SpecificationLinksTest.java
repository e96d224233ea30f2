package io.sereno.suite;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.sereno.suite.mutants.Mutant;
import io.sereno.tck.SerenoTck;
import io.sereno.tck.rules.RuleSet;
import io.sereno.tck.rules.RuleTest;
import io.sereno.tck.rules.Specification;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * The rules in {@code docs/spec.md}, their tests and the mutants fit together, and {@code docs/spec-tests.md} lists them.
 * {@code -Dsereno.spec.update=true} writes that page, and marks the rules of the recipes as {@code kit} or {@code suite}.
 */
class SpecificationLinksTest {
    private static final RuleSet KIT = RuleSet.of(SerenoTck.class);
    private static final RuleSet ALL = RecipesSuite.RULES;

    private static final Path RULES = Path.of("../docs/spec.md");
    private static final Path TESTS = Path.of("../docs/spec-tests.md");
    private static final Path GUIDE = Path.of("../docs/tck.md");
    private static final Path LIMITS = Path.of("../docs/limits.md");
    private static final Pattern SOURCE = Pattern.compile("^\\| .* \\| (?:([A-Z]+-\\d+[a-z]?)|`(\\w+Test)`) \\|$");
    private static final Pattern NAME = Pattern.compile("`(\\w+)`");
    private static final Pattern MARKED = Pattern.compile("^(\\*\\*([A-Z]+-\\d+[a-z]?)\\*\\* · .*) · (?:kit|suite)$");

    private final Specification specification;

    SpecificationLinksTest() throws IOException {
        if (Boolean.getBoolean("sereno.spec.update")) {
            mark();
        }
        specification = Specification.parse(Files.readAllLines(RULES));
        if (Boolean.getBoolean("sereno.spec.update")) {
            Files.writeString(TESTS, list(), UTF_8);
        }
    }

    @Test
    void everyTestTestsARuleThatExists() {
        Set<String> rules =
                specification.rules().stream().map(Specification.Entry::id).collect(Collectors.toSet());
        assertThat(ALL.tests())
                .isNotEmpty()
                .allSatisfy(test -> assertThat(rules).as(test.id()).contains(test.rule()));
    }

    @Test
    void everyRuleHasATestOrAReasonWhyItHasNone() {
        assertThat(specification.rules())
                .allSatisfy(rule -> assertThat(ALL.testsOf(rule.id()).isEmpty()
                                && rule.untested().isEmpty())
                        .as("%s has neither a test nor a reason why it has none", rule.id())
                        .isFalse());
    }

    @Test
    void theKitTestsTheRulesOfTheSpiAndOfTheRecipesThoseThatAreMarkedSo() {
        for (Specification.Entry rule : specification.rules()) {
            boolean tested = !KIT.testsOf(rule.id()).isEmpty();
            if (rule.isOfRecipes()) {
                assertThat(rule.inKit()).as("%s is marked kit", rule.id()).isEqualTo(tested);
            } else {
                assertThat(tested || !rule.untested().isEmpty())
                        .as("the kit tests %s, or the rule says why not", rule.id())
                        .isTrue();
                assertThat(ALL.testsOf(rule.id())).as(rule.id()).isEqualTo(KIT.testsOf(rule.id()));
            }
        }
    }

    @Test
    void everyMutantBreaksARuleThatItsHalfTests() {
        assertThat(Mutant.all()).isNotEmpty().allSatisfy(mutant -> {
            Specification.Entry rule = specification.rule(mutant.rule());
            assertThat((rule.isOfRecipes() ? ALL : KIT).testsOf(rule.id()))
                    .as(mutant.toString())
                    .isNotEmpty();
        });
        assertThat(Mutant.all().stream().map(Mutant::toString)).doesNotHaveDuplicates();
    }

    @Test
    void everyRuleWithTestsHasAMutantOrSaysWhyItHasNone() {
        assertThat(specification.rules())
                .filteredOn(rule -> !ALL.testsOf(rule.id()).isEmpty())
                .filteredOn(rule ->
                        mutantsOf(rule.id()).isEmpty() == rule.noMutant().isEmpty())
                .as("rules that have neither a mutant nor a reason, or both")
                .extracting(Specification.Entry::id)
                .isEmpty();
    }

    @Test
    void theListOfTestsAndMutantsIsUpToDate() throws IOException {
        assertThat(Files.readString(TESTS))
                .as("%s; -Dsereno.spec.update=true writes it", TESTS)
                .isEqualTo(list());
    }

    @Test
    void theGuideHasTheNumbers() throws IOException {
        String guide = Files.readString(GUIDE).replaceAll("\\s+", " ");
        assertThat(guide)
                .contains("The kit tests " + rules(KIT, false) + " rules of the SPI and " + rules(KIT, true)
                        + " rules of the recipes.")
                .contains("A grade counts the rules that the run can test: " + (rules(KIT, false) + rules(KIT, true))
                        + " in a run of the kit alone.")
                .contains("`" + KIT.testsOf("READ-4a").get(0).title() + "`")
                .contains("The suite tests " + (rules(ALL, true) - rules(KIT, true)) + " more rules of the recipes.")
                .contains("There are " + Mutant.all().size() + " mutants: " + mutants(false)
                        + " break a rule of the SPI, and " + mutants(true) + " break a rule of the recipes.");
    }

    @Test
    void testClassesThatARuleNamesExist() throws IOException {
        Set<String> classes = testClasses();
        for (Specification.Entry rule : specification.rules()) {
            assertThat(classes).as(rule.id()).containsAll(names(rule.alsoTestedBy()));
        }
    }

    @Test
    void theFiguresOfTheLimitsNameRulesAndTestsThatExist() throws IOException {
        Set<String> classes = testClasses();
        List<Matcher> sources = Files.readAllLines(LIMITS).stream()
                .map(SOURCE::matcher)
                .filter(Matcher::matches)
                .toList();
        assertThat(sources).hasSizeGreaterThan(20).allSatisfy(source -> {
            if (source.group(1) != null) {
                assertThat(ALL.testsOf(source.group(1))).as(source.group(1)).isNotEmpty();
            } else {
                assertThat(classes).contains(source.group(2));
            }
        });
    }

    @Test
    void everyGroupIsPartOfItsJunitClass() throws IOException {
        assertThat(filesWithRules(Path.of("../sereno-tck/src/main/java"))).isEqualTo(groups(KIT));
        Set<String> both = groups(KIT);
        both.addAll(filesWithRules(Path.of("src/main/java")));
        assertThat(both).isEqualTo(groups(ALL));
    }

    @Test
    void everyTestSaysWhatToCheckFirst() {
        assertThat(ALL.tests())
                .allSatisfy(test -> assertThat(test.check()).as(test.id()).hasSizeGreaterThan(20));
    }

    @Test
    void namesOfTestsAreUnique() {
        assertThat(ALL.tests().stream().map(RuleTest::id)).doesNotHaveDuplicates();
    }

    private long rules(RuleSet tests, boolean ofRecipes) {
        return specification.rules().stream()
                .filter(rule -> rule.isOfRecipes() == ofRecipes)
                .filter(rule -> !tests.testsOf(rule.id()).isEmpty())
                .count();
    }

    private long mutants(boolean ofRecipes) {
        return Mutant.all().stream()
                .filter(mutant -> specification.rule(mutant.rule()).isOfRecipes() == ofRecipes)
                .count();
    }

    private static Set<String> groups(RuleSet rules) {
        return rules.tests().stream()
                .map(test -> test.method().getDeclaringClass().getSimpleName())
                .collect(Collectors.toCollection(TreeSet::new));
    }

    private static Set<String> filesWithRules(Path folder) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            return files.filter(Files::isRegularFile)
                    .filter(SpecificationLinksTest::hasRules)
                    .map(SpecificationLinksTest::className)
                    .collect(Collectors.toCollection(TreeSet::new));
        }
    }

    /** Whether a file has methods that test rules. */
    private static boolean hasRules(Path file) {
        try {
            String text = Files.readString(file);
            return text.contains("\n    @Rule(") || text.contains("\n    @RuleTable(");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String className(Path file) {
        return file.getFileName().toString().replace(".java", "");
    }

    /** Reads sources only: other test classes create and remove files in {@code target} at the same time. */
    private static Set<String> testClasses() throws IOException {
        List<Path> folders;
        try (Stream<Path> modules = Files.list(Path.of(".."))) {
            folders = modules.map(module -> module.resolve("src/test/java"))
                    .filter(Files::isDirectory)
                    .toList();
        }
        Set<String> classes = new TreeSet<>();
        for (Path folder : folders) {
            try (Stream<Path> files = Files.walk(folder)) {
                files.filter(file -> file.toString().endsWith(".java"))
                        .map(SpecificationLinksTest::className)
                        .forEach(classes::add);
            }
        }
        return classes;
    }

    private static Set<String> names(String text) {
        return NAME.matcher(text).results().map(name -> name.group(1)).collect(Collectors.toSet());
    }

    private static String testsOf(String rule) {
        return ALL.testsOf(rule).stream()
                .map(test -> "`" + test.id() + "`")
                .sorted()
                .collect(Collectors.joining(", "));
    }

    private static String mutantsOf(String rule) {
        return Mutant.all().stream()
                .filter(mutant -> mutant.rule().equals(rule))
                .map(Mutant::name)
                .collect(Collectors.joining(" · "));
    }

    private String list() {
        StringBuilder page = new StringBuilder("""
                # Tests and mutants of each rule

                This page is generated: `SpecificationLinksTest` writes it with `-Dsereno.spec.update=true`, and fails if it is not up to date.
                [spec.md](spec.md) has the rules, and says why a rule has no test or no mutant. [tck.md](tck.md) says how the tests are run.
                Names that end with `Rules` or `Runs` are classes of `sereno-tck`, or of `sereno-recipes-suite`. Mutants are separated by dots.

                | rule | tests | mutants |
                |---|---|---|
                """);
        for (Specification.Entry rule : specification.rules()) {
            page.append("| ")
                    .append(rule.id())
                    .append(" | ")
                    .append(testsOf(rule.id()))
                    .append(" | ")
                    .append(mutantsOf(rule.id()).replace("|", "\\|"))
                    .append(" |\n");
        }
        return page.toString();
    }

    private static void mark() throws IOException {
        List<String> marked = Files.readAllLines(RULES).stream()
                .map(line -> {
                    Matcher head = MARKED.matcher(line);
                    return head.matches()
                            ? head.group(1) + (KIT.testsOf(head.group(2)).isEmpty() ? " · suite" : " · kit")
                            : line;
                })
                .toList();
        Files.write(RULES, marked, UTF_8);
    }
}
