package io.sereno.suite;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

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
}
