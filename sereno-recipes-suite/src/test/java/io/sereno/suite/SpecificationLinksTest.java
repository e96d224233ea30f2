package io.sereno.suite;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.sereno.suite.mutants.Mutant;
import io.sereno.tck.rules.RuleTest;
import io.sereno.tck.rules.Specification;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * Rules and tests name each other: what {@code docs/spec.md} says that a rule is tested by tests it, and every test of the kit
 * tries a rule that is there; and so do rules and mutants. {@code -Dsereno.spec.update=true} writes the kit's tests and
 * mutants into the page.
 */
class SpecificationLinksTest {
    private static final Path PAGE = Path.of("../docs/spec.md");
    private static final Pattern NAME = Pattern.compile("`([A-Za-z.]+)`");
    private static final Pattern HEAD = Pattern.compile("^\\*\\*([A-Z]+-\\d+[a-z]?)\\*\\* · .*");
    private static final String TESTS = "*Tested by:* ";
    private static final String MUTANTS = "*Mutants:* ";

    private final Specification specification;

    SpecificationLinksTest() throws IOException {
        if (Boolean.getBoolean("sereno.spec.update")) {
            update();
        }
        specification = Specification.parse(Files.readAllLines(PAGE));
    }

    @Test
    void everyTestOfTheKitTriesARuleThatExists() {
        Set<String> rules =
                specification.rules().stream().map(Specification.Entry::id).collect(Collectors.toSet());
        assertThat(RecipesSuite.RULES.tests())
                .isNotEmpty()
                .allSatisfy(test -> assertThat(rules).as(test.id()).contains(test.rule()));
    }

    @Test
    void whatARuleIsSaidToBeTestedByTestsIt() {
        for (Specification.Entry rule : specification.rules()) {
            Set<String> named = names(rule.testedBy());
            named.removeIf(name -> !name.contains("."));
            assertThat(testsOf(rule.id())).as(rule.id()).containsAll(named);
        }
    }

    @Test
    void testsOfOtherModulesThatARuleNamesAreThere() throws IOException {
        Set<String> classes = testClasses();
        for (Specification.Entry rule : specification.rules()) {
            Set<String> named = names(rule.testedBy());
            named.removeIf(name -> name.contains("."));
            assertThat(classes).as(rule.id()).containsAll(named);
        }
    }

    @Test
    void everyRuleIsTriedByTheKitOrSaysWhyItIsNot() {
        assertThat(specification.rules())
                .allSatisfy(
                        rule -> assertThat(RecipesSuite.RULES.testsOf(rule.id()).isEmpty()
                                        && rule.untested().isEmpty())
                                .as("%s has neither a test nor a reason why it has none", rule.id())
                                .isFalse());
    }

    @Test
    void everyMutantBreaksARuleThatTheKitTries() {
        assertThat(Mutant.all()).isNotEmpty().allSatisfy(mutant -> {
            assertThat(specification.find(mutant.rule())).as(mutant.toString()).isNotNull();
            assertThat(RecipesSuite.RULES.testsOf(mutant.rule()))
                    .as(mutant.toString())
                    .isNotEmpty();
        });
        assertThat(Mutant.all().stream().map(Mutant::toString)).doesNotHaveDuplicates();
    }

    @Test
    void everyRuleThatTheKitTriesHasAMutantOrSaysWhyItHasNone() {
        assertThat(specification.rules())
                .filteredOn(rule -> !RecipesSuite.RULES.testsOf(rule.id()).isEmpty())
                .filteredOn(rule -> rule.mutants().isEmpty() == rule.noMutant().isEmpty())
                .as("rules that have neither a mutant nor a reason, or both")
                .extracting(Specification.Entry::id)
                .isEmpty();
    }

    @Test
    void theMutantsThatARuleNamesAreThereAndNoOthers() {
        for (Specification.Entry rule : specification.rules()) {
            assertThat(rule.mutants()).as(rule.id()).isEqualTo(mutantsOf(rule.id()));
        }
    }

    @Test
    void everyGroupIsPartOfTheJunitClass() throws IOException {
        Set<String> groups = RecipesSuite.RULES.tests().stream()
                .map(test -> test.method().getDeclaringClass().getSimpleName() + ".java")
                .collect(Collectors.toSet());
        try (Stream<Path> kit = Files.walk(Path.of("../sereno-tck/src/main/java"));
                Stream<Path> suite = Files.walk(Path.of("src/main/java"))) {
            assertThat(Stream.concat(kit, suite)
                            .filter(Files::isRegularFile)
                            .filter(SpecificationLinksTest::hasRules)
                            .map(file -> file.getFileName().toString()))
                    .containsExactlyInAnyOrderElementsOf(groups);
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

    @Test
    void everyTestSaysWhatToCheckFirst() {
        assertThat(RecipesSuite.RULES.tests())
                .allSatisfy(test -> assertThat(test.check()).as(test.id()).hasSizeGreaterThan(20));
    }

    @Test
    void namesOfTestsAreUnique() {
        assertThat(RecipesSuite.RULES.tests().stream().map(RuleTest::id)).doesNotHaveDuplicates();
    }

    private static Set<String> testsOf(String rule) {
        return RecipesSuite.RULES.testsOf(rule).stream().map(RuleTest::id).collect(Collectors.toCollection(TreeSet::new));
    }

    private static String mutantsOf(String rule) {
        return Mutant.all().stream()
                .filter(mutant -> mutant.rule().equals(rule))
                .map(Mutant::name)
                .collect(Collectors.joining(" · "));
    }

    private static Set<String> names(String testedBy) {
        Set<String> names = new TreeSet<>();
        Matcher name = NAME.matcher(testedBy);
        while (name.find()) {
            names.add(name.group(1));
        }
        return names;
    }

    private static Set<String> testClasses() throws IOException {
        try (Stream<Path> files = Files.walk(Path.of(".."), 9)) {
            return files.map(Path::toString)
                    .filter(file -> file.contains("src/test/java") && file.endsWith(".java"))
                    .map(file -> file.substring(file.lastIndexOf('/') + 1, file.length() - ".java".length()))
                    .collect(Collectors.toSet());
        }
    }

    /** Keeps the test classes of other modules that a rule names. */
    private static void update() throws IOException {
        List<String> lines = Files.readAllLines(PAGE);
        List<String> updated = new ArrayList<>();
        for (int i = 0; i < lines.size(); i++) {
            updated.add(lines.get(i));
            Matcher head = HEAD.matcher(lines.get(i));
            if (!head.matches()) {
                continue;
            }
            Set<String> others = new TreeSet<>();
            while (i + 1 < lines.size() && !lines.get(i + 1).isEmpty()) {
                String line = lines.get(++i);
                if (line.startsWith(MUTANTS)) {
                    continue;
                }
                if (line.startsWith(TESTS)) {
                    others.addAll(names(line));
                    others.removeIf(name -> name.contains("."));
                } else {
                    updated.add(line);
                }
            }
            List<String> all = new ArrayList<>(testsOf(head.group(1)));
            all.addAll(others);
            if (!all.isEmpty()) {
                updated.add(TESTS + all.stream().map(name -> "`" + name + "`").collect(Collectors.joining(", ")));
            }
            String mutants = mutantsOf(head.group(1));
            if (!mutants.isEmpty()) {
                updated.add(MUTANTS + mutants);
            }
        }
        Files.write(PAGE, updated, UTF_8);
    }
}
