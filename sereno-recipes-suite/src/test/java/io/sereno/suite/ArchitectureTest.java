package io.sereno.suite;

import static com.tngtech.archunit.base.DescribedPredicate.alwaysTrue;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

@AnalyzeClasses(packages = "io.sereno.suite", importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {
    @ArchTest
    static final ArchRule recipesAreReachedThroughTheApi =
            noClasses().should().dependOnClassesThat().resideInAPackage("io.sereno.recipes..");

    @ArchTest
    static final ArchRule rulesOfTheSpiAreLeftToTheKit =
            noClasses().should().dependOnClassesThat().resideInAPackage("io.sereno.tck.spi");

    @ArchTest
    static final ArchRule onlyCommonRulesUseThoseOfOneRecipe = slices().matching("io.sereno.suite.(*)")
            .should()
            .notDependOnEachOther()
            .ignoreDependency(resideInAPackage("io.sereno.suite.common"), alwaysTrue())
            .ignoreDependency(alwaysTrue(), resideInAnyPackage("io.sereno.suite.faults", "io.sereno.suite.queues"));
}
