package dev.godwit.bench;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;

import com.tngtech.archunit.core.importer.ClassFileImporter;
import org.junit.jupiter.api.Test;

final class BenchHouseTest {
  private static final String HERE = BenchHouseTest.class.getPackageName();

  @Test
  void what_measures_shares_no_code_with_what_it_measures() {
    classes()
        .that()
        .resideInAPackage(HERE)
        .should()
        .onlyDependOnClassesThat()
        .resideInAnyPackage(
            HERE,
            "java..",
            "picocli..",
            "tools.jackson..",
            "org.jspecify..",
            "org.junit..",
            "org.assertj..",
            "com.tngtech..")
        .check(new ClassFileImporter().importPackages(HERE));
  }
}
