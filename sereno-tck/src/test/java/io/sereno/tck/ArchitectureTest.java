package io.sereno.tck;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

@AnalyzeClasses(packages = "io.sereno.tck", importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {
    @ArchTest
    static final ArchRule thePackagesHaveNoCycle =
            slices().matching("io.sereno.tck.(*)..").should().beFreeOfCycles();

    @ArchTest
    static final ArchRule onlyWhatUsersNeedIsPublic = classes()
            .that()
            .resideInAPackage("io.sereno.tck")
            .and()
            .doNotBelongToAnyOf(
                    SerenoTck.class,
                    BackendFixture.class,
                    ServerControl.class,
                    Waiver.class,
                    Grade.class,
                    Verdict.class)
            .should()
            .notBePublic();

    @ArchTest
    static final ArchRule rulesOfTheSpiKnowNoRecipe = noClasses()
            .that()
            .resideInAPackage("io.sereno.tck.spi")
            .should()
            .dependOnClassesThat()
            .resideInAPackage("io.sereno.tck.recipes");

    @ArchTest
    static final ArchRule recipesAreReachedThroughTheApi =
            noClasses().should().dependOnClassesThat().resideInAPackage("io.sereno.recipes..");
}
